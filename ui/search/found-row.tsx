import { Link } from '@tanstack/react-router'
import type { ItemOf } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { shortDigest } from '../kit/format.ts'
import { Marked } from '../kit/marked.tsx'

type Found = ItemOf<'/search'>

interface FoundRowProps {
  readonly found: Found
  readonly q: string
}

/** Which part of an image's page tells more of it. */
const TABS: Readonly<Partial<Record<Found['kind'], string>>> = {
  package: 'packages',
  vulnerability: 'findings',
}

/** Where it leads, and by what it was found. */
export function FoundRow({ found, q }: FoundRowProps) {
  const { kind, matched } = found
  const isName = kind === 'repository' || kind === 'tag'
  return (
    <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
      <Badge>{kind}</Badge>
      <Way found={found} q={isName ? q : ''} />
      {!isName && (
        <span className="min-w-0 text-sm break-all text-soft sm:ml-auto">
          <Marked text={matched.name} words={q} /> <Marked text={matched.value} words={q} />
        </span>
      )}
    </div>
  )
}

function Way({ found: { kind, repository, tag, digest }, q }: FoundRowProps) {
  const reference = tag ?? digest
  if (reference === undefined)
    return (
      <Link to="/r/$" params={{ _splat: repository }} className="font-medium break-all">
        <Marked text={repository} words={q} />
      </Link>
    )
  const text = tag === undefined ? `${repository}@${shortDigest(digest ?? '')}` : `${repository}:${tag}`
  return (
    <Link
      to="/i/$"
      params={{ _splat: repository }}
      search={{ ref: reference, tab: TABS[kind] ?? '' }}
      className="font-medium break-all"
    >
      <Marked text={text} words={q} />
    </Link>
  )
}
