import { useState } from 'react'
import { visibleName } from '../kit/format.ts'
import { More, SaidText } from './said-text.tsx'

/** Names and values that whoever pushed the image wrote: any number, any length. */
export function Pairs({ pairs }: { readonly pairs: readonly (readonly [name: string, value: string])[] }) {
  const [all, setAll] = useState(false)
  // Names may come twice: variables of the environment do.
  const numbered = pairs.map(([name, value], number) => ({ name, value, number }))
  const shown = all ? numbered : numbered.slice(0, MAX_SHOWN)
  return (
    <>
      <dl className="text-sm">
        {shown.map(({ name, value, number }) => (
          <div
            key={number}
            className="gap-x-6 border-b border-line py-1.5 last:border-0 sm:grid sm:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]"
          >
            <dt className="font-mono text-xs leading-5 break-all text-soft">{visibleName(name)}</dt>
            <dd className="min-w-0 font-mono text-xs leading-5 [overflow-wrap:anywhere] whitespace-pre-wrap">
              <SaidText text={value} />
            </dd>
          </div>
        ))}
      </dl>
      {shown.length < pairs.length && <More onClick={() => setAll(true)}>Show all {pairs.length}</More>}
    </>
  )
}

const MAX_SHOWN = 50
