import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { formatBytes, shortDigest } from '../kit/format.ts'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'
import { RunJob } from './run-job.tsx'

interface Pass {
  readonly blobs: number
  readonly bytes: number
  readonly damaged: number
}

/** Whether stored bytes are what they were. */
export function Scrub({ canChange }: { readonly canChange: boolean }) {
  const scrub = useQuery(read('/scrub'))
  return (
    <Card title="Scrub" actions={canChange && <RunJob name="scrub" text="Go on reading now" />}>
      <Shown query={scrub}>
        {({ pass, lastPass, damaged }) => (
          <>
            <Facts
              facts={[
                [
                  'This pass',
                  pass === undefined ? (
                    'none yet'
                  ) : (
                    <PassText key="pass" pass={pass} verb="began" at={pass.startedAt} />
                  ),
                ],
                [
                  'The one before',
                  lastPass === undefined ? undefined : (
                    <PassText key="last" pass={lastPass} verb="ended" at={lastPass.endedAt} />
                  ),
                ],
              ]}
            />
            <h3 className={`mt-4 mb-2 text-sm font-semibold ${damaged.length > 0 ? 'text-danger' : ''}`}>
              Damaged blobs
            </h3>
            <Table
              label="Known damage"
              rows={damaged}
              keyOf={({ digest }) => digest}
              empty="None is known."
              columns={[
                { title: 'Digest', cell: ({ digest }) => <code title={digest}>{shortDigest(digest)}</code> },
                { title: 'Size', cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
                { title: 'Since', cell: ({ since }) => <Ago at={since} /> },
                {
                  title: 'Repositories',
                  cell: ({ repositories, moreRepositories }) => (
                    <>
                      {repositories.map((name) => (
                        <Link key={name} to="/r/$" params={{ _splat: name }} className="mr-2 break-all">
                          {name}
                        </Link>
                      ))}
                      {moreRepositories > 0 && `and ${moreRepositories.toLocaleString()} more`}
                    </>
                  ),
                },
              ]}
            />
            {damaged.length > 0 && (
              <p className="mt-2 text-sm text-soft">
                Push the image again from where it still is: that mends its blobs.
              </p>
            )}
          </>
        )}
      </Shown>
    </Card>
  )
}

function PassText({ pass, verb, at }: { readonly pass: Pass; readonly verb: string; readonly at: string }) {
  return (
    <>
      {pass.blobs.toLocaleString()} blobs, {formatBytes(pass.bytes)}, {pass.damaged.toLocaleString()} damaged; {verb}{' '}
      <Ago at={at} />
    </>
  )
}
