// A process of its own, because it replaces fdatasync before anything imports it: the second call fails, after a while.
import type { openSqlite } from '../../../src/metadata/sqlite.ts'
import type { systemClock } from '../../../src/lib/clock.ts'
import type { RepositoryName } from '../../../src/oci/name.ts'

type Callback = (error: Error | null) => void

const SYNC_MS = 200

const fs = process.getBuiltinModule('node:fs')
const fdatasync = fs.fdatasync
let calls = 0
let failing: (() => void) | undefined
const begun = new Promise<void>((resolve) => {
  failing = resolve
})
Object.assign(fs, {
  fdatasync: (fd: number, done: Callback) => {
    calls++
    if (calls !== 2) return fdatasync(fd, done)
    failing?.()
    setTimeout(() => done(Object.assign(new Error('EIO: fdatasync'), { code: 'EIO' })), SYNC_MS)
  },
})

const sqlite: { openSqlite: typeof openSqlite } = await import('../../../src/metadata/sqlite.ts')
const { systemClock: clock }: { systemClock: typeof systemClock } = await import('../../../src/lib/clock.ts')
let toldBroken = 0
const database = await sqlite.openSqlite({
  path: `${process.argv[2]}/berth.db`,
  clock,
  onBroken: () => {
    toldBroken++
  },
})

function write(name: string): Promise<'acknowledged' | 'refused'> {
  return database
    .write(async ({ db }) => {
      await db
        .insertInto('repositories')
        .values({ name: name as RepositoryName, created_at: 0 })
        .execute()
    })
    .then(
      () => 'acknowledged' as const,
      () => 'refused' as const,
    )
}

const before = await write('before')
const during = write('during')
await begun
// Both commit while the sync that is about to fail is under way, and wait for the one after it.
const next = [write('next'), write('next-too')]
const [duringTheSync, ...waitingForTheNext] = await Promise.all([during, ...next])
const afterwards = await write('afterwards')
process.stdout.write(JSON.stringify({ before, duringTheSync, waitingForTheNext, afterwards, toldBroken }))
process.exit(0)
