import { Button } from '../kit/button.tsx'
import { SelectField, TextField, textOf } from '../kit/form.tsx'

export interface AuditQuery {
  readonly actor?: string
  readonly action?: string
  readonly target?: string
  readonly outcome?: 'done' | 'refused'
  readonly since?: string
  readonly until?: string
}

interface AuditFiltersProps {
  readonly query: AuditQuery
  readonly onQuery: (query: AuditQuery) => void
}

const OUTCOMES = [
  ['', 'done or refused'],
  ['done', 'done'],
  ['refused', 'refused'],
] as const

/** Narrows the audit to whom, what and when. */
export function AuditFilters({ query, onQuery }: AuditFiltersProps) {
  const isNarrowed = Object.keys(query).length > 0
  return (
    <search>
      <form
        aria-label="Narrow the audit"
        className="mb-2 grid grid-cols-2 items-start gap-x-3 sm:grid-cols-[repeat(auto-fit,minmax(11rem,1fr))]"
        onSubmit={(event) => {
          event.preventDefault()
          onQuery(queryFrom(new FormData(event.currentTarget)))
        }}
        onReset={() => onQuery({})}
      >
        <TextField name="actor" label="Who" placeholder="anybody" autoCapitalize="none" spellCheck={false} />
        <TextField name="action" label="What" placeholder="tag. or manifest.pushed" spellCheck={false} />
        <TextField name="target" label="To what" placeholder="repository:team/app" spellCheck={false} />
        <SelectField name="outcome" label="Outcome" options={OUTCOMES} />
        <TextField name="since" label="From" type="datetime-local" />
        <TextField name="until" label="To" type="datetime-local" />
        <div className="mb-3 flex flex-wrap gap-2 self-end">
          <Button type="submit">Narrow</Button>
          {isNarrowed && <Button type="reset">Show all</Button>}
        </div>
      </form>
    </search>
  )
}

function queryFrom(data: FormData): AuditQuery {
  const given = ['actor', 'action', 'target', 'outcome'].flatMap((name) => {
    const text = textOf(data, name)
    return text === undefined ? [] : [[name, text]]
  })
  const times = ['since', 'until'].flatMap((name) => {
    const text = textOf(data, name)
    return text === undefined ? [] : [[name, new Date(text).toISOString()]]
  })
  return Object.fromEntries([...given, ...times])
}
