import { useQuery } from '@tanstack/react-query'
import { read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { formatDate } from '../kit/format.ts'
import { Ago } from '../kit/time.tsx'
import type { ImageViewProps } from './image.ts'

/** Why it stays, or goes: of the tag in the address, otherwise of the first that names it. */
export function Fate({ repository, reference, named }: Pick<ImageViewProps, 'repository' | 'reference' | 'named'>) {
  const tag = reference.includes(':') ? named.tags[0] : reference
  if (tag === undefined)
    return (
      <Card title="Does it stay?">
        <p className="text-sm text-soft">
          No tag names it. It stays while something else needs it, and after that as long as what has no tag is kept.
        </p>
      </Card>
    )
  return <FateOfTag {...{ repository, tag }} />
}

function FateOfTag({ repository, tag }: { readonly repository: string; readonly tag: string }) {
  const { data } = useQuery(
    read('/repositories/{repository}/tags/{tag}/explain', { params: { path: { repository, tag } } }),
  )
  if (data === undefined) return null
  const { verdict, reason, goesAt, pulledAt, expiresAt, keptBy } = data
  return (
    <Card
      title="Does it stay?"
      actions={<Badge mood={verdict === 'kept' ? 'good' : 'warn'}>{verdict === 'kept' ? 'stays' : 'goes'}</Badge>}
    >
      <Facts
        facts={[
          ['Tag', tag],
          ['Why', reason],
          ['Kept by', keptBy],
          ['Expires', expiresAt && formatDate(expiresAt)],
          ['Goes', goesAt && formatDate(goesAt)],
          ['Last pulled', <Ago key="pulled" at={pulledAt} never="never, as far as is known" />],
        ]}
      />
    </Card>
  )
}
