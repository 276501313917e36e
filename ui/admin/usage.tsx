import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Body, read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { formatBytes } from '../kit/format.ts'
import { Shown } from '../kit/shown.tsx'
import { Stat, Stats } from '../kit/stat.tsx'
import { Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'
import { PartTitle } from './part-title.tsx'
import { Quotas } from './quotas.tsx'
import { RegistryGrowth } from './registry-growth.tsx'

type RegistryUsage = Body<'/usage'>

/** What the whole registry holds, and who holds most. */
export function Usage() {
  const usage = useQuery(read('/usage'))
  return (
    <>
      <PartTitle text="Usage">
        What the registry holds, how that grew, and who holds most. Layers that images share are stored once.
      </PartTitle>
      <Shown query={usage}>{(found) => <Totals of={found} />}</Shown>
      <RegistryGrowth />
      <Quotas />
      <Shown query={usage}>
        {(found) => (
          <>
            <Projects of={found} />
            <Largest of={found} />
          </>
        )}
      </Shown>
    </>
  )
}

function Totals({ of }: { readonly of: RegistryUsage }) {
  const saved = of.logicalBytes - of.storedBytes
  return (
    <>
      <Stats>
        <Stat label="Stored">{formatBytes(of.storedBytes)}</Stat>
        <Stat label="Saved by sharing">{formatBytes(Math.max(saved, 0))}</Stat>
        <Stat label="Repositories">{of.repositories.toLocaleString()}</Stat>
        <Stat label="Tags">{of.tags.toLocaleString()}</Stat>
        <Stat label="Blobs">{of.blobs.toLocaleString()}</Stat>
      </Stats>
      <Card title="About to be free">
        <Facts
          facts={[
            [
              'In the recycle bin',
              `${formatBytes(of.recycleBin.bytes)}, ${of.recycleBin.deletions.toLocaleString()} deletions`,
            ],
            ['Being removed', `${formatBytes(of.trash.bytes)}, ${of.trash.objects.toLocaleString()} objects`],
            ['Counted', <Ago key="counted" at={of.countedAt} />],
          ]}
        />
      </Card>
    </>
  )
}

function Projects({ of: { projects } }: { readonly of: RegistryUsage }) {
  return (
    <Card title="Projects that hold most">
      <Table
        label="Projects by what they hold alone"
        rows={projects}
        keyOf={({ project = '' }) => project}
        empty="None holds anything."
        columns={[
          {
            title: 'Project',
            cell: ({ project }) =>
              project === undefined ? (
                'in no project'
              ) : (
                <Link to="/p/$" params={{ _splat: project }} className="break-all">
                  {project}
                </Link>
              ),
          },
          { title: 'Repositories', cell: ({ repositories }) => repositories.toLocaleString(), isNumber: true },
          { title: 'Alone', cell: ({ uniqueBytes }) => formatBytes(uniqueBytes), isNumber: true },
          { title: 'With what is shared', cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
        ]}
      />
    </Card>
  )
}

function Largest({ of: { largest } }: { readonly of: RegistryUsage }) {
  return (
    <Card title="Repositories that hold most">
      <Table
        label="Repositories by what they hold alone"
        rows={largest}
        keyOf={({ repository }) => repository}
        empty="None holds anything."
        columns={[
          {
            title: 'Repository',
            cell: ({ repository }) => (
              <Link to="/r/$" params={{ _splat: repository }} className="break-all">
                {repository}
              </Link>
            ),
          },
          { title: 'Alone', cell: ({ uniqueBytes }) => formatBytes(uniqueBytes), isNumber: true },
          { title: 'With what is shared', cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
        ]}
      />
    </Card>
  )
}
