import { useQuery } from '@tanstack/react-query'
import { type Body, read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { Failure } from '../kit/failure.tsx'
import { formatBytes } from '../kit/format.ts'
import { Shown } from '../kit/shown.tsx'
import { Stat, Stats } from '../kit/stat.tsx'
import { Ago } from '../kit/time.tsx'
import { Attention } from './attention.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'
import { Replicas } from './replicas.tsx'

type System = Body<'/system'>

/** What this server is, what it holds, and whether it is well. */
export function Overview({ canChange }: PartProps) {
  const system = useQuery({ ...read('/system'), refetchInterval: 10_000 })
  return (
    <>
      <PartTitle text="Overview" />
      <Shown query={system}>
        {(found) => (
          <>
            {found.problems.map((problem) => (
              <Failure key={problem} error={new Error(problem)} />
            ))}
            <Counts of={found} />
            <Attention canChange={canChange} />
            <div className="grid gap-x-4 lg:grid-cols-2">
              <Server of={found} />
              <StorageFacts of={found} />
            </div>
          </>
        )}
      </Shown>
      <Replicas />
    </>
  )
}

function Counts({ of: { counts } }: { readonly of: System }) {
  return (
    <Stats>
      <Stat label="Stored">{formatBytes(counts.storedBytes)}</Stat>
      <Stat label="Projects">{counts.projects.toLocaleString()}</Stat>
      <Stat label="Repositories">{counts.repositories.toLocaleString()}</Stat>
      <Stat label="Tags">{counts.tags.toLocaleString()}</Stat>
      <Stat label="Manifests">{counts.manifests.toLocaleString()}</Stat>
      <Stat label="Users">{counts.users.toLocaleString()}</Stat>
      <Stat label="Robots">{counts.robots.toLocaleString()}</Stat>
    </Stats>
  )
}

function Server({ of }: { readonly of: System }) {
  return (
    <Card title="Server" actions={of.ready ? <Badge mood="good">ready</Badge> : <Badge mood="bad">not ready</Badge>}>
      <Facts
        facts={[
          ['Version', of.version],
          ['Runs on', of.runtime],
          ['Host', of.server.host],
          ['Processes', of.server.workers.toLocaleString()],
          ['Started', <Ago key="started" at={of.startedAt} />],
          ['Address', of.externalUrl],
          [
            'Vulnerability data',
            of.vulnerabilityData === undefined ? (
              'images are not looked into'
            ) : (
              <>
                {of.vulnerabilityData.records.toLocaleString()} records, <Ago at={of.vulnerabilityData.updatedAt} />
              </>
            ),
          ],
        ]}
      />
      {of.vulnerabilityData?.problems.map((problem) => (
        <p key={problem} className="mt-2 text-sm break-words text-warn">
          {problem}
        </p>
      ))}
    </Card>
  )
}

const STORAGE = { files: 'files', s3: 'S3', azure: 'Azure', gs: 'Google Cloud Storage' } as const

function StorageFacts({ of: { storage, database, counts } }: { readonly of: System }) {
  const { disk } = storage
  return (
    <Card title="Storage">
      <Facts
        facts={[
          ['Blobs', `${STORAGE[storage.kind]}${storage.isEncrypted ? ', encrypted' : ''}`],
          ['How many', counts.blobs.toLocaleString()],
          ['Database', `${database.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, ${formatBytes(database.bytes)}`],
          ['Counted', <Ago key="counted" at={counts.countedAt} />],
        ]}
      />
      {disk !== undefined && <Disk {...disk} />}
    </Card>
  )
}

const LOW = 0.1

function Disk({ freeBytes, totalBytes }: { readonly freeBytes: number; readonly totalBytes: number }) {
  return (
    <div className="mt-4 text-sm">
      <p className="mb-1 text-soft">
        {formatBytes(freeBytes)} free of {formatBytes(totalBytes)} on its disk
      </p>
      <meter
        aria-label="Used of the disk"
        className="h-2 w-full"
        min={0}
        max={Math.max(totalBytes, 1)}
        high={totalBytes * (1 - LOW)}
        optimum={0}
        value={totalBytes - freeBytes}
      />
    </div>
  )
}
