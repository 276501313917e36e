import { useState } from 'react'
import { type ItemOf, readPagesBack } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Empty } from '../kit/empty.tsx'
import { formatDate } from '../kit/format.ts'
import { List } from '../kit/list.tsx'
import { AuditFilters, type AuditQuery } from './audit-filters.tsx'
import { PartTitle } from './part-title.tsx'
import { TargetLink } from './target-link.tsx'

type Entry = ItemOf<'/audit'>

const SAVED = 1000

/** Who did what, newest first. */
export function Audit() {
  const [query, setQuery] = useState<AuditQuery>({})
  const saved = new URLSearchParams({ ...query, limit: `${SAVED}` })
  return (
    <>
      <PartTitle
        text="Audit"
        actions={
          <a href={`/api/v1/audit?${saved}`} download="audit.json" className="text-sm underline">
            Save the newest {SAVED.toLocaleString()} as JSON
          </a>
        }
      >
        Who did what, and what was refused. Each entry seals the one before: "berth audit verify" finds out whether
        somebody changed it, "berth audit export" writes all of it.
      </PartTitle>
      <AuditFilters query={query} onQuery={setQuery} />
      <List
        label="Audit"
        pages={readPagesBack('/audit', { params: { query } })}
        keyOf={({ id }) => id}
        rowHeight={70}
        empty={<Empty title="Nothing of that kind was done." />}
        row={(entry) => <EntryRow entry={entry} />}
      />
    </>
  )
}

function EntryRow({ entry: { time, actor, action, target, outcome, detail, hash } }: { readonly entry: Entry }) {
  const isPlain = detail === null || (typeof detail === 'object' && Object.keys(detail ?? {}).length === 0)
  return (
    <div className="text-sm">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="font-medium">{action}</span>
        {outcome !== 'done' && <Badge mood="bad">{outcome}</Badge>}
        <TargetLink target={target} />
        <span className="text-soft sm:ml-auto">{formatDate(time)}</span>
      </div>
      <div className="mt-0.5 flex flex-wrap gap-x-3 text-soft">
        <span className="break-all">
          {actor.name}
          {actor.address !== '' && `, ${actor.address}`}
        </span>
      </div>
      <details className="mt-0.5">
        <summary className="text-xs text-soft">{isPlain ? 'Seal' : 'Details'}</summary>
        <pre className="mt-1 rounded-md bg-page p-2 font-mono text-xs break-all whitespace-pre-wrap">
          {isPlain ? '' : `${JSON.stringify(detail, null, 2)}\n`}
          {`seal ${hash}`}
        </pre>
      </details>
    </div>
  )
}
