import { useQuery } from '@tanstack/react-query'
import { Link, useParams, useSearch } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { Card } from '../kit/card.tsx'
import { Empty } from '../kit/empty.tsx'
import { Failure } from '../kit/failure.tsx'
import { Tabs } from '../kit/tabs.tsx'
import { Title } from '../kit/title.tsx'
import { ChangedFiles } from './changed-files.tsx'
import { ChangedPackages } from './changed-packages.tsx'
import { ChangedVulnerabilities } from './changed-vulnerabilities.tsx'
import { ChoosePair } from './choose-pair.tsx'
import { type Comparison, type CompareViewProps, type Pair, parsePlace, readComparison } from './compared.ts'
import { Differences } from './differences.tsx'
import { Sizes } from './sizes.tsx'

interface Part {
  /** In the address. */
  readonly tab: string
  readonly label: string
  readonly count: (found: Comparison) => number | undefined
  readonly View: ComponentType<CompareViewProps>
}

const PARTS: readonly Part[] = [
  { tab: '', label: 'Configuration and layers', count: ({ configuration }) => configuration.length, View: Differences },
  {
    tab: 'packages',
    label: 'Packages',
    count: ({ packages }) => packages && sum(packages.counts),
    View: ChangedPackages,
  },
  {
    tab: 'vulnerabilities',
    label: 'Vulnerabilities',
    count: ({ vulnerabilities }) => vulnerabilities && sum(vulnerabilities.counts),
    View: ChangedVulnerabilities,
  },
  {
    tab: 'files',
    label: 'Files',
    count: ({ files }) => files && files.added.count + files.removed.count + files.changed.count,
    View: ChangedFiles,
  },
]

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0)
}

/** What changed from one image to another. */
export function ComparePage() {
  const { _splat: repository = '' } = useParams({ from: '/compare/$' })
  const { ref = '', with: other = '', platform } = useSearch({ from: '/compare/$' })
  const pair = { repository, from: ref, to: parsePlace(other, repository), platform }
  return (
    <>
      <Title
        text={ref !== '' && other !== '' ? `${ref} and ${other}` : 'Compare two images'}
        trail={
          <Link to="/r/$" params={{ _splat: repository }} className="break-all underline">
            {repository}
          </Link>
        }
      />
      <ChoosePair key={`${ref} ${other} ${platform}`} {...{ repository, from: ref, to: other, platform }} />
      {ref !== '' && other !== '' && <Compared key={JSON.stringify(pair)} pair={pair} />}
    </>
  )
}

function Compared({ pair }: { readonly pair: Pair }) {
  const { tab = '', ...search } = useSearch({ from: '/compare/$' })
  const { data: found, error } = useQuery(readComparison(pair))
  if (found === undefined && error !== null) return <Failure error={error} />
  if (found === undefined)
    return (
      <Card>
        <p role="status" className="text-sm text-soft">
          Comparing… layers that nobody has read yet take a moment.
        </p>
        <progress aria-label="Comparing" className="mt-2 block h-2 w-full accent-accent" />
      </Card>
    )
  const View = PARTS.find((part) => part.tab === tab)?.View
  return (
    <>
      <Sizes {...{ pair, found }} />
      <Tabs
        label="What to compare"
        tabs={PARTS.map((part) => ({
          label: part.label,
          count: part.count(found),
          to: { to: '/compare/$', params: { _splat: pair.repository }, search: { ...search, tab: part.tab } },
          isCurrent: part.tab === tab,
        }))}
      />
      {View === undefined ? <Empty title="There is no such part." /> : <View {...{ pair, found }} />}
    </>
  )
}
