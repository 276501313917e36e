import { describe, expect, it, setDefaultTimeout } from 'bun:test'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Content, contentOf, send } from './support/client.ts'
import { finish, imageOf, patch, postBlob, putManifest, startUpload } from './support/images.ts'
import { Random } from './support/random.ts'
import { eventually, listeningUrl, ROOT, SEED, withFolder, WITHOUT_RECOVERY_LOG } from './support/server.ts'
import { readSystemCalls, type SystemCall } from './support/strace.ts'

/**
 * What a power cut leaves is what was synced. strace shows the order of writes, syncs and answers; it has to be installed
 * and allowed to trace.
 */
setDefaultTimeout(60_000)

const REPOSITORY = 'faults/power'
const canTrace = Bun.which('strace') !== null && Bun.spawnSync(['strace', '-o', '/dev/null', 'true']).exitCode === 0
const random = new Random(SEED)

interface Traced {
  readonly url: string
  readonly dataDir: string
  /** Ends the server and returns what it did. */
  readonly calls: () => Promise<SystemCall[]>
}

async function withTraced(straceArgs: readonly string[], use: (traced: Traced) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const log = join(folder, 'strace.log')
    const dataDir = join(folder, 'data')
    const server = [process.execPath, 'src/main.ts', 'serve', '--listen', '127.0.0.1:0', '--data', dataDir]
    const child = Bun.spawn(['strace', '-D', '-f', '-yy', '-s', '16', '-o', log, ...straceArgs, ...server], {
      cwd: ROOT,
      env: { ...process.env, ...WITHOUT_RECOVERY_LOG },
      stdout: 'pipe',
      stderr: 'ignore',
    })
    const calls = async () => {
      // With -D this is the server itself; the tracer ends after it.
      child.kill('SIGTERM')
      await child.exited
      await eventually('strace has written its log', () => isComplete(log, child.pid))
      return readSystemCalls(log)
    }
    try {
      await use({ url: await listeningUrl(child.stdout), dataDir, calls })
    } finally {
      await calls()
    }
  })
}

function isComplete(log: string, pid: number): boolean {
  return new RegExp(`^${pid} .*\\+\\+\\+ (?:exited|killed)`, 'm').test(readFileSync(log, 'utf8'))
}

/** The calls by name and by a text in their arguments, in order. */
function select(calls: readonly SystemCall[], names: RegExp, path: string): SystemCall[] {
  return calls.filter((call) => names.test(call.name) && call.text.includes(path) && !call.failed)
}

const WRITES = /^p?writev?2?(?:64)?$/
const SYNCS = /^f(?:data)?sync$/

function only(calls: readonly SystemCall[], what: string): SystemCall {
  const [call] = calls
  if (call === undefined || calls.length > 1) throw new Error(`${calls.length} times: ${what}`)
  return call
}

function answersOf(calls: readonly SystemCall[], status: string): SystemCall[] {
  return calls.filter(({ name, text }) => /^(?:send|write)/.test(name) && text.includes(`"HTTP/1.1 ${status}`))
}

function expectBefore(first: SystemCall, then: SystemCall): void {
  if (first.end < then.begin) return
  throw new Error(`the order is not\n  ${first.text}\nbefore\n  ${then.text}`)
}

/** The log of the database is written, then synced, and only then the answer goes out. */
function expectDurableCommit(calls: readonly SystemCall[], after: number, answer: SystemCall): SystemCall {
  const writes = select(calls, WRITES, 'berth.db-wal>').filter(({ begin }) => begin > after && begin < answer.begin)
  const last = writes.at(-1)
  if (last === undefined) throw new Error('an answer of success without a commit')
  const sync = select(calls, SYNCS, 'berth.db-wal>').find(({ begin, end }) => begin > last.end && end < answer.begin)
  if (sync === undefined) throw new Error(`no sync of the log between\n  ${last.text}\nand\n  ${answer.text}`)
  return writes[0] ?? last
}

const TRACE =
  'trace=fsync,fdatasync,rename,renameat,renameat2,mkdir,pwrite64,pwritev,pwritev2,writev,write,sendto,sendmsg'

describe.skipIf(!canTrace)(`order on the disk (needs strace; BERTH_TEST_SEED=${SEED})`, () => {
  const ways = {
    'POST in one request': async (url: string, blob: Content) => (await postBlob(url, REPOSITORY, blob)).status,
    'POST, PATCH, PUT': async (url: string, blob: Content) => {
      const path = await startUpload(url, REPOSITORY)
      const half = blob.bytes.length >> 1
      await patch(url, path, 0, blob.bytes.slice(0, half))
      await patch(url, path, half, blob.bytes.slice(half))
      return (await finish(url, path, blob.digest)).status
    },
  }

  it.each(['POST in one request', 'POST, PATCH, PUT'] as const)(
    'a blob by %s: bytes, rename, fsync of the object and the folders, commit, sync of the log, 201',
    (way) =>
      withTraced(['-e', TRACE], async ({ url, dataDir, calls }) => {
        const blob = contentOf(random.bytes(1_500_000))
        expect(await ways[way](url, blob)).toBe(201)
        const all = await calls()
        const rename = only(select(all, /^rename/, blob.digest.slice(7)), 'rename to the digest')
        const [from = '', to = ''] = [...rename.text.matchAll(/"([^"]+)"/g)].map(([, path]) => path)
        const sync = only(select(all, SYNCS, `/${basename(to)}>`), 'fsync of the object')
        const writes = select(all, WRITES, `/${basename(from)}>`)
        expect(writes).not.toBeEmpty()
        for (const write of writes) expectBefore(write, rename)
        expectBefore(rename, sync)

        const shard = join(to, '..')
        const answer = only(answersOf(all, '201'), 'answer 201')
        const commit = expectDurableCommit(all, sync.end, answer)
        expectBefore(sync, commit)
        // `blobs` came with the first start, which says there whose objects these are.
        expect(select(all, SYNCS, `<${dataDir}>`).some(({ end }) => end < answer.begin)).toBe(true)
        // Each of these folders is new, so each one's entry in its parent has to be synced too.
        for (let folder = shard; folder.length > dataDir.length; folder = join(folder, '..')) {
          const folderSync = only(
            select(all, SYNCS, `<${folder}>`).filter(({ begin }) => begin > rename.end),
            `fsync of ${folder} after the rename`,
          )
          expectBefore(rename, folderSync)
          expectBefore(folderSync, commit)
        }
      }),
  )

  it('a manifest: commit, sync of the log, 201; and so for a mount and for deletes', () =>
    withTraced(['-e', TRACE], async ({ url, calls }) => {
      const blob = contentOf(random.bytes(1000))
      const manifest = imageOf(blob)
      expect((await postBlob(url, REPOSITORY, blob)).status).toBe(201)
      expect((await putManifest(url, REPOSITORY, 'one', manifest)).status).toBe(201)
      const mount = `/v2/${REPOSITORY}/other/blobs/uploads/?mount=${blob.digest}&from=${REPOSITORY}`
      expect((await send(url, 'POST', mount)).status).toBe(201)
      for (const path of [`manifests/one`, `manifests/${manifest.digest}`, `blobs/${blob.digest}`])
        expect((await send(url, 'DELETE', `/v2/${REPOSITORY}/${path}`)).status).toBe(202)
      const all = await calls()
      const answers = [...answersOf(all, '201'), ...answersOf(all, '202')]
      expect(answers).toHaveLength(6)
      let last = 0
      for (const answer of answers) {
        expectDurableCommit(all, last, answer)
        last = answer.end
      }
    }))

  it('before the first answer the database’s own entries in the folder are synced', () =>
    withTraced(['-e', `${TRACE},openat`], async ({ url, dataDir, calls }) => {
      expect((await send(url, 'GET', '/healthz')).status).toBe(200)
      const all = await calls()
      const created = all.filter(({ text }) => /berth\.db-wal", [^)]*O_CREAT/.test(text))[0]
      const answer = answersOf(all, '200')[0]
      const synced = select(all, SYNCS, `<${dataDir}>`).some(
        ({ begin, end }) => begin > (created?.end ?? 0) && end < (answer?.begin ?? 0),
      )
      expect({ created: created !== undefined, synced }).toEqual({ created: true, synced: true })
    }))
})

/**
 * After a failed fdatasync the kernel forgets that the pages were dirty: a second one succeeds although the bytes are
 * lost. So nobody who had committed by then may hear of success.
 */
describe('a sync of the database log that fails', () => {
  it('fails everybody who waits, those who come later, and says so once', async () => {
    await withFolder(async (dataDir) => {
      const script = new URL('support/failing-sync.ts', import.meta.url).pathname
      const child = Bun.spawn([process.execPath, script, dataDir], { stdout: 'pipe', stderr: 'inherit' })
      const result: unknown = JSON.parse(await new Response(child.stdout).text())
      expect(result).toEqual({
        before: 'acknowledged',
        duringTheSync: 'refused',
        waitingForTheNext: ['refused', 'refused'],
        afterwards: 'refused',
        toldBroken: 1,
      })
    })
  })
})
