import { SeverityBadge, VulnerabilityLink } from '../image/severity.tsx'
import { Badge } from '../kit/badge.tsx'
import { Empty } from '../kit/empty.tsx'
import { visibleName } from '../kit/format.ts'
import type { CompareViewProps, Comparison } from './compared.ts'
import { Filtered } from './filtered.tsx'

type Vulnerabilities = NonNullable<Comparison['vulnerabilities']>

export function ChangedVulnerabilities({ pair, found }: CompareViewProps) {
  const { vulnerabilities } = found
  if (vulnerabilities === undefined) return <NotCompared found={found} />
  const { counts, remaining, before, after } = vulnerabilities
  const items = [
    ...vulnerabilities.introduced.map((each) => itemOf('added', each)),
    ...vulnerabilities.fixed.map((each) => itemOf('removed', each)),
  ]
  return (
    <>
      <p className="mb-3 text-sm text-soft">
        {counts.fixed} gone, {counts.introduced} new, {remaining} in both.
      </p>
      {[before, after].some(({ state }) => state !== 'complete') && (
        <p className="mb-3 rounded-lg border border-warn bg-card p-3 text-sm text-warn">
          There may be more: {[...new Set([...before.reasons, ...after.reasons])].join('; ')}.
        </p>
      )}
      <Filtered
        label="Vulnerabilities that differ"
        find="Find vulnerabilities"
        queryKey={['compared vulnerabilities', pair]}
        items={items}
        options={[
          ['added', counts.introduced],
          ['removed', counts.fixed],
        ]}
        row={({ change, finding }) => (
          <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 text-sm">
            <Badge mood={change === 'added' ? 'bad' : 'good'}>{change === 'added' ? 'new' : 'gone'}</Badge>
            <SeverityBadge severity={finding.severity} />
            <VulnerabilityLink id={finding.vulnerability} />
            <span className="min-w-0 break-all">
              {visibleName(finding.package)} <code className="font-mono text-xs">{visibleName(finding.version)}</code>
            </span>
            {finding.suppressed && <Badge mood="info">judged to be none</Badge>}
            {finding.fixedVersion !== undefined && (
              <span className="text-soft sm:ml-auto">fixed in {visibleName(finding.fixedVersion)}</span>
            )}
          </div>
        )}
      />
    </>
  )
}

function NotCompared({ found: { before, after } }: Pick<CompareViewProps, 'found'>) {
  if ([before, after].some(({ state }) => state === 'unsupported' || state === 'failed'))
    return <Empty title="Vulnerabilities are not compared: nothing is known of those of one of both images." />
  return <Empty title="Vulnerabilities are compared once both images were looked into.">That takes some seconds.</Empty>
}

type Finding = Vulnerabilities['fixed'][number]

function itemOf(change: 'added' | 'removed', finding: Finding) {
  const { vulnerability, purl, package: name } = finding
  return { change, finding, key: `${change} ${vulnerability} ${purl}`, text: `${vulnerability} ${name}` }
}
