import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { chmod, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '../../src/doctor/finding.ts'
import { makeCertificate } from './support/certificates.ts'
import { berth } from './support/command.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { untilTrue } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function doctor(...args: readonly string[]): Promise<{ code: number; findings: Finding[] }> {
  const { code, stdout, stderr } = await berth(['doctor', '--json', ...args])
  expect(stderr).toBe('')
  return { code, findings: JSON.parse(stdout) }
}

async function about(check: string, ...args: readonly string[]): Promise<string[]> {
  const { findings } = await doctor('--data', server.running.dataDir, ...args)
  return findings.filter((finding) => finding.check === check).map(({ level, message }) => `${level}: ${message}`)
}

/** With what is in the environment. What is no ok says what to do. */
async function failing(check: string, env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const given = args.includes('--data') ? args : ['--data', server.running.dataDir, ...args]
  const { stdout } = await berth(['doctor', '--json', ...given], { env })
  const findings: Finding[] = JSON.parse(stdout)
  const found = findings.filter((finding) => finding.check === check && finding.level !== 'ok')
  for (const { advice } of found) expect(advice).toMatch(/\w{3,} .*\.$/)
  return found
}

async function place(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

/** Without the log that the server writes beside its blobs. */
async function filesIn(path: string): Promise<string[]> {
  const names = await readdir(path, { recursive: true })
  return names.filter((name) => !name.startsWith('blobs/recovery')).sort()
}

test('beside a sound server nothing fails, every part was looked at, and nothing is left behind', async () => {
  const { dataDir } = server.running
  // The server begins its log a moment after it listens, with a file beside.
  await untilTrue('the server has its log', async () => (await readdir(join(dataDir, 'blobs'))).includes('recovery'))
  await untilTrue('nothing is on its way', async () => (await readdir(join(dataDir, 'uploads'))).length === 0)
  const before = await filesIn(dataDir)
  const { code, findings } = await doctor('--data', dataDir)
  expect([code, findings.filter(({ level }) => level === 'fail')]).toEqual([0, []])
  const checks = new Set(findings.map(({ check }) => check))
  for (const check of ['configuration', 'folder', 'disk', 'database', 'clock', 'storage'])
    expect(checks).toContain(check)
  for (const { level, advice } of findings) expect(advice === undefined).toBe(level === 'ok')
  expect(await filesIn(dataDir)).toEqual(before)
})

test('without --json it is a table with what to do', async () => {
  const { code, stdout } = await berth(['doctor', '--data', join(folder, 'nowhere')])
  expect(code).toBe(1)
  expect(stdout).toMatch(/^fail {2}folder {9}there is no folder .*nowhere$/m)
  expect(stdout).toMatch(/^ +→ Say where the data is/m)
  expect(await readdir(folder)).not.toContain('nowhere')
})

describe('a certificate', () => {
  const own = makeCertificate('localhost')
  const other = makeCertificate('localhost')

  test('that is of another key fails', async () => {
    const cert = await place('own.crt', own.cert)
    const key = await place('other.key', other.key)
    expect(await about('certificate', '--tls-cert', cert, '--tls-key', key)).toEqual([
      expect.stringMatching(/^fail: the key in .* does not belong/),
    ])
  })

  test.each([
    [{ from: -400, to: -35 }, 'fail', 'it expired on'],
    [{ from: 2, to: 365 }, 'fail', 'it is not valid before'],
    [{ from: -300, to: 10 }, 'warn', 'it expires in'],
  ])('that is valid by %o', async (valid, level, message) => {
    const { cert, key } = makeCertificate('localhost', undefined, valid)
    const files = ['--tls-cert', await place('time.crt', cert), '--tls-key', await place('time.key', key)]
    expect(await failing('certificate', {}, ...files)).toMatchObject([
      { level, message: expect.stringContaining(message) },
    ])
  })

  test('that is for another host is a warning', async () => {
    const files = ['--tls-cert', await place('a.crt', own.cert), '--tls-key', await place('a.key', own.key)]
    expect((await about('certificate', ...files, '--external-url', 'https://localhost:1')).join()).toMatch(
      /ok: the key belongs.*ok: it is valid for another 36\d days.*ok: it is for localhost/,
    )
    expect((await about('certificate', ...files, '--external-url', 'https://192.0.2.7')).join()).toContain(
      'warn: it is not for 192.0.2.7',
    )
  })
})

test('a database that is damaged, and blobs that are away, fail', async () => {
  const data = await mkdtemp(join(folder, 'broken-'))
  expect((await berth(['user', 'add', 'ann', '--data', data], { input: 'correct horse\n' })).code).toBe(0)
  expect((await doctor('--data', data)).findings.filter(({ check }) => check === 'storage')).toMatchObject([
    { level: 'fail', message: 'the folder "blobs" is missing' },
  ])
  if (process.env.BERTH_TEST_DATABASE === 'postgres') return
  await rename(join(data, 'berth.db'), join(data, 'before'))
  await rm(join(data, 'berth.db-wal'), { force: true })
  await writeFile(join(data, 'berth.db'), 'this is no database, and long enough to be read as one'.repeat(99))
  const { code, findings } = await doctor('--data', data)
  expect([code, findings.find(({ check }) => check === 'database')?.level]).toEqual([1, 'fail'])
})

test('a disk that is fuller than it may be fails', async () => {
  expect(await failing('disk', { BERTH_DISK__REFUSEAT: '1', BERTH_DISK__WARNAT: '1' })).toMatchObject([
    { level: 'fail', message: expect.stringContaining('uploads are refused') },
  ])
})

test('a folder that others can look into is a warning', async () => {
  const data = await mkdtemp(join(folder, 'open-'))
  await chmod(data, 0o755)
  const found = await failing('folder', {}, '--data', data)
  expect(found.find(({ level }) => level === 'warn')).toMatchObject({ advice: expect.stringContaining('chmod 750') })
})

test('PostgreSQL and a bucket that nobody is at fail', async () => {
  const database = 'postgres://berth:secret@127.0.0.1:9/berth'
  expect(await failing('database', {}, '--database', database)).toMatchObject([
    { level: 'fail', message: expect.not.stringContaining('secret'), advice: expect.stringContaining('password') },
  ])
  const storage = 's3://bucket/prefix?region=eu&endpoint=http://127.0.0.1:9'
  const env = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_MAX_ATTEMPTS: '1' }
  expect(await failing('storage', env, '--storage', storage)).toMatchObject([
    { level: 'fail', advice: expect.stringContaining('credentials') },
  ])
})

test('the clock of a registry that is an hour off fails, and a page that is no registry', async () => {
  const late = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: () => Response.json({}, { headers: { date: new Date(Date.now() - 3_600_000).toUTCString() } }),
  })
  const page = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: () => new Response('<html>', { status: 502, headers: { 'content-type': 'text/html' } }),
  })
  try {
    const data = await mkdtemp(join(folder, 'late-'))
    expect((await berth(['user', 'add', 'ann', '--data', data], { input: 'correct horse\n' })).code).toBe(0)
    for (const [name, { url }] of Object.entries({ late, page }))
      expect(await berth(['remote', 'add', name, url.origin, '--allow-private', '--data', data])).toMatchObject({
        code: 0,
      })
    expect(await failing('clock', {}, '--data', data)).toMatchObject([
      { level: 'fail', message: expect.stringMatching(/^it is 3[56]\d\d s before the clock of "late"$/) },
    ])
    expect(await failing('remotes', {}, '--data', data)).toMatchObject([
      {
        level: 'fail',
        message: expect.stringContaining('"page"'),
        advice: expect.stringContaining('berth remote set page'),
      },
    ])
  } finally {
    await Promise.all([late.stop(true), page.stop(true)])
  }
})

test('remotes are asked: one that answers is fine, one that does not fails', async () => {
  const { dataDir } = server.running
  const add = (name: string, url: string) =>
    berth(['remote', 'add', name, url, '--allow-private', '--insecure-http', '--data', dataDir])
  expect((await add('itself', server.url)).code).toBe(0)
  expect((await add('nobody', 'http://127.0.0.1:9')).code).toBe(0)
  const said = (await about('remotes')).sort()
  expect(said).toEqual([expect.stringMatching(/^fail: "nobody" cannot be used/), 'ok: "itself" is there'])
})

test('what is allowed and seldom meant is a warning', async () => {
  const said = await about('configuration', '--listen', '0.0.0.0:5000', '--insecure-http', '--anonymous', 'push')
  expect(said.join()).toMatch(/everybody who can reach this server may push.*plain HTTP/)
})

test('a name that no DNS knows fails or warns', async () => {
  expect(await about('names', '--external-url', 'https://registry.invalid')).toEqual([
    expect.stringMatching(/^warn: registry.invalid \(externalUrl\) cannot be resolved/),
  ])
  const env = {
    BERTH_AUDIT__SYSLOG: 'tls://syslog.invalid:6514',
    BERTH_TRACES__ENDPOINT: 'https://collector.invalid:4318',
  }
  expect((await failing('names', env)).map(({ level, message }) => `${level} ${message.split(' cannot')[0]}`)).toEqual([
    'fail syslog.invalid (audit.syslog)',
    'fail collector.invalid (traces.endpoint)',
  ])
})
