import { useSearch } from '@tanstack/react-router'
import { readPages } from '../api/read.ts'
import { Empty } from '../kit/empty.tsx'
import { List } from '../kit/list.tsx'
import { Tabs } from '../kit/tabs.tsx'
import { Title } from '../kit/title.tsx'
import { FoundRow } from './found-row.tsx'
import { KINDS } from './kinds.ts'
import { PackageSearch } from './package-search.tsx'

/** What the API gives in a page, at most. */
const PAGE_SIZE = 100

export function SearchPage() {
  const { q = '', tab = '' } = useSearch({ from: '/search' })
  if (q === '')
    return (
      <>
        <Title text="Search" />
        <Empty title="Search everything">
          Type into the box above what you look for: a part of a name, a tag, a digest, a label, a package, a CVE.
        </Empty>
      </>
    )
  const kind = KINDS.find((each) => each.kind === tab)
  const query = { q, limit: PAGE_SIZE, ...(kind !== undefined && { kinds: kind.kind }) }
  return (
    <>
      <Title text={`Found for ${q}`} />
      <Tabs
        label="Kinds of what was found"
        tabs={[{ kind: '', label: 'All' } as const, ...KINDS].map(({ kind: each, label }) => ({
          label,
          to: { to: '/search', search: { q, tab: each } },
          isCurrent: each === (kind?.kind ?? ''),
        }))}
      />
      {kind?.kind === 'package' && <PackageSearch key={q} q={q} />}
      <List
        key={`${q} ${tab}`}
        label="What was found"
        pages={readPages('/search', { params: { query } })}
        keyOf={(found) => JSON.stringify(found)}
        empty={
          <Empty title="Nothing was found.">
            {kind === undefined
              ? 'Names, tags, digests, labels, annotations, packages and CVEs are searched, in what you may pull.'
              : `${kind.hint} Only what you may pull is searched.`}
          </Empty>
        }
        row={(found) => <FoundRow found={found} q={q} />}
      />
    </>
  )
}
