import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { pagesOfAll, read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { Empty } from '../kit/empty.tsx'
import { formatDate, visibleName, visibleText } from '../kit/format.ts'
import { FilterBox, List } from '../kit/list.tsx'
import { Shown } from '../kit/shown.tsx'
import { Ago } from '../kit/time.tsx'
import type { ImageViewProps } from './image.ts'
import { LookAgain } from './look-again.tsx'
import { SEVERITIES, type Severity, SeverityBadge, VulnerabilityLink } from './severity.tsx'

interface Place {
  readonly repository: string
  readonly reference: string
}

function readReport(path: Place) {
  return read('/repositories/{repository}/images/{reference}/report', { params: { path } })
}

type Report = Awaited<ReturnType<ReturnType<typeof readReport>['queryFn']>>
type Finding = Report['findings'][number]

const LOOK_AGAIN_MS = 1500

/** Known vulnerabilities, and how far one can rely on the list. */
export function Findings({ repository, image, may }: ImageViewProps) {
  const place = { repository, reference: image?.digest ?? '' }
  const report = useQuery({
    ...readReport(place),
    refetchInterval: ({ state }) => (state.data?.pending === true ? LOOK_AGAIN_MS : false),
  })
  return (
    <Shown query={report}>
      {(found) => (
        <>
          <Trust report={found} place={place} may={may} />
          {found.findings.length > 0 && <FindingList report={found} place={place} />}
        </>
      )}
    </Shown>
  )
}

const STATES: Readonly<Record<Report['state'], string>> = {
  waiting: 'Nobody has looked into it yet.',
  complete: 'All of it was understood.',
  partial: 'Not all of it was understood: there may be more.',
  unsupported: 'What it is made of is not understood here: no findings mean nothing.',
  'end-of-life': 'Nobody writes advisories for its system any more: there may be more.',
  'no-data': 'There is no vulnerability data for what it is made of: no findings mean nothing.',
  failed: 'It could not be looked into.',
}

interface TrustProps {
  readonly report: Report
  readonly place: Place
  readonly may: readonly string[]
}

function Trust({ report, place, may }: TrustProps) {
  const { state, reasons, packages, dataUpdatedAt, counts, suppressed, pending } = report
  const total = SEVERITIES.reduce((sum, each) => sum + counts[each], 0)
  return (
    <Card
      title={headline(report, total)}
      actions={
        may.includes('push') && (
          <LookAgain {...{ place, pending }} text={state === 'waiting' ? 'Look into it' : 'Look again'} />
        )
      }
    >
      {pending && (
        <div role="status" className="mb-3 text-sm text-soft">
          It is being looked into.
          <progress aria-label="Looking into the image" className="mt-1 block h-2 w-full accent-accent" />
        </div>
      )}
      {total > 0 && (
        <ul aria-label="How severe" className="mb-3 flex flex-wrap gap-3">
          {SEVERITIES.filter((each) => counts[each] > 0).map((each) => (
            <li key={each} className="rounded-md border border-line px-3 py-1.5 text-center">
              <span className="block text-lg font-semibold tabular-nums">{counts[each]}</span>
              <SeverityBadge severity={each} />
            </li>
          ))}
        </ul>
      )}
      <p className={`text-sm ${state === 'complete' ? 'text-soft' : 'text-warn'}`}>
        {STATES[state]} {reasons.length > 0 && `${reasons.join('; ')}.`}
      </p>
      <p className="mt-1 text-sm text-soft">
        {packages.toLocaleString()} {packages === 1 ? 'package' : 'packages'} looked at.{' '}
        {dataUpdatedAt !== undefined && (
          <>
            The vulnerability data is from <Ago at={dataUpdatedAt} />.{' '}
          </>
        )}
        {suppressed > 0 && `${suppressed} are judged to be none here, and do not count.`}
      </p>
    </Card>
  )
}

function headline({ state }: Report, total: number): string {
  if (total > 0) return `${total.toLocaleString()} ${total === 1 ? 'vulnerability' : 'vulnerabilities'}`
  return state === 'complete' ? 'No known vulnerabilities' : 'No findings'
}

interface Wanted {
  readonly severity: string
  readonly text: string
  readonly onlyFixed: boolean
}

function FindingList({ report, place }: { readonly report: Report; readonly place: Place }) {
  const [wanted, setWanted] = useState<Wanted>({ severity: '', text: '', onlyFixed: false })
  const onText = useCallback((text: string) => setWanted((before) => ({ ...before, text })), [])
  const found = report.findings.filter((finding) => isWanted(finding, wanted)).sort(worstFirst)
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
        <FilterBox label="Find in findings" text={wanted.text} onText={onText} />
        <select
          aria-label="How severe at least"
          value={wanted.severity}
          onChange={({ target }) => setWanted({ ...wanted, severity: target.value })}
          className="rounded-md border border-control bg-page px-2 py-1.5 text-sm"
        >
          <option value="">every severity</option>
          {SEVERITIES.slice(0, 4).map((each) => (
            <option key={each} value={each}>
              {each} or worse
            </option>
          ))}
        </select>
        <label className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={wanted.onlyFixed}
            onChange={({ target }) => setWanted({ ...wanted, onlyFixed: target.checked })}
          />
          with a fixed version
        </label>
      </div>
      <List
        label="Findings"
        pages={pagesOfAll(['findings', place, wanted, found], found)}
        keyOf={({ vulnerability, purl, advisory }) => `${vulnerability} ${purl} ${advisory}`}
        rowHeight={72}
        empty={<Empty title="None of the findings is like that." />}
        row={(finding) => <FindingRow finding={finding} />}
      />
    </>
  )
}

function isWanted(finding: Finding, { severity, text, onlyFixed }: Wanted): boolean {
  const names = [finding.vulnerability, ...finding.aliases, finding.package, finding.summary].join('\n').toLowerCase()
  const least = severity === '' ? SEVERITIES.length : SEVERITIES.indexOf(severity as Severity)
  return (
    SEVERITIES.indexOf(finding.severity) <= least &&
    names.includes(text.toLowerCase()) &&
    (!onlyFixed || finding.fixedVersion !== undefined)
  )
}

function worstFirst(a: Finding, b: Finding): number {
  const suppressed = Number(a.suppressed !== undefined) - Number(b.suppressed !== undefined)
  return suppressed || SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
}

function FindingRow({ finding }: { readonly finding: Finding }) {
  const { vulnerability, severity, version, fixedVersion, summary, firstSeen, suppressed } = finding
  return (
    <div className={`text-sm ${suppressed === undefined ? '' : 'text-soft'}`}>
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <SeverityBadge severity={severity} />
        <VulnerabilityLink id={vulnerability} />
        <span className="min-w-0 break-all">
          {visibleName(finding.package)} <code className="font-mono text-xs">{visibleName(version)}</code>
        </span>
        <span className={fixedVersion === undefined ? 'text-soft' : 'text-good'}>
          {fixedVersion === undefined ? 'no fixed version yet' : `fixed in ${visibleName(fixedVersion)}`}
        </span>
        <span className="text-xs text-soft sm:ml-auto">
          found here <Ago at={firstSeen} />
        </span>
      </div>
      {summary !== '' && <p className="mt-1 line-clamp-2 break-words text-soft">{visibleText(summary)}</p>}
      {suppressed !== undefined && <Suppressed {...suppressed} />}
      <MoreOf finding={finding} />
    </div>
  )
}

function Suppressed({ by, author, reason, until }: NonNullable<Finding['suppressed']>) {
  return (
    <p className="mt-1">
      <Badge mood="info">{by === 'vex' ? 'VEX' : 'exception'}</Badge> judged to be none by {visibleName(author)}:{' '}
      {visibleText(reason)}
      {until !== undefined && `, until ${formatDate(until)}`}
    </p>
  )
}

function MoreOf({ finding }: { readonly finding: Finding }) {
  const { aliases, ratings, advisory, scanner, published, purl } = finding
  return (
    <details className="mt-1 text-xs text-soft">
      <summary>More about {finding.vulnerability}</summary>
      <ul className="mt-1 ml-4 list-disc space-y-0.5 break-all">
        <li>{visibleName(purl)}</li>
        <li>
          advisory {visibleName(advisory)}
          {aliases.length > 0 && `, also called ${visibleName(aliases.join(', '))}`}
        </li>
        {ratings.map(({ source, severity, score, vector }) => (
          <li key={`${source} ${vector}`}>
            {visibleName(source)}: {severity}
            {score !== undefined && ` ${score}`} {vector !== undefined && visibleName(vector)}
          </li>
        ))}
        {published !== undefined && <li>published {formatDate(published)}</li>}
        <li>found by {visibleName(scanner)}</li>
      </ul>
    </details>
  )
}
