import { formatAgo, formatDate } from './format.ts'

/** How long ago; the moment itself is told when one points at it. */
export function Ago({ at, never = 'never' }: { readonly at: string | undefined; readonly never?: string }) {
  if (at === undefined) return <>{never}</>
  return (
    <time dateTime={at} title={formatDate(at)} className="whitespace-nowrap">
      {formatAgo(at)}
    </time>
  )
}
