import { useQuery } from '@tanstack/react-query'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { Failure } from '../kit/failure.tsx'
import { formatBytes } from '../kit/format.ts'
import { Shown } from '../kit/shown.tsx'
import { Ago } from '../kit/time.tsx'

/** Garbage collection: what waits, and what was freed. */
export function Collection({ canChange }: { readonly canChange: boolean }) {
  const collection = useQuery(read('/gc'))
  const run = useChange({ work: () => bodyOf(api.POST('/gc/run')) })
  return (
    <Card
      title="Garbage collection"
      actions={
        canChange && (
          <Button disabled={run.isPending} onClick={() => run.mutate()}>
            Collect what is due
          </Button>
        )
      }
    >
      {run.error !== null && <Failure error={run.error} />}
      <p role="status" className="text-sm">
        {run.isPending && <span className="mb-3 block text-soft">Collecting…</span>}
        {!run.isPending && run.data !== undefined && (
          <span className="mb-3 block text-good">
            {formatBytes(run.data.bytesFreed)} freed: {run.data.objectsRemoved.toLocaleString()} objects of{' '}
            {run.data.blobsCollected.toLocaleString()} blobs.
            {!run.data.finished && ' There is more; it goes on by itself.'}
          </span>
        )}
      </p>
      <Shown query={collection}>
        {({ waiting, workedAt, total }) => (
          <Facts
            facts={[
              ['Worked last', <Ago key="worked" at={workedAt} />],
              ['Due now', waiting.overdue.toLocaleString()],
              ['Manifests without a name', waiting.manifests.toLocaleString()],
              ['Blobs of unfinished pushes', waiting.links.toLocaleString()],
              ['Blobs nobody may need', waiting.blobs.toLocaleString()],
              ['About to be removed', `${waiting.trashObjects.toLocaleString()} (${formatBytes(waiting.trashBytes)})`],
              ['In the recycle bin', `${waiting.deletions.toLocaleString()} deletions`],
              [
                'Freed in all',
                total === undefined
                  ? undefined
                  : `${formatBytes(total.bytesFreed)}, ${total.blobsCollected.toLocaleString()} blobs`,
              ],
            ]}
          />
        )}
      </Shown>
    </Card>
  )
}
