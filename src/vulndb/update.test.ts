import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { affects, type OsvFixture, osvExport, osvRecord } from '../../test/support/osv-export.ts'
import { withDatabaseFile } from './database-file.ts'
import { importVulnerabilityData } from './import.ts'
import { createMatcher } from './matcher.ts'
import { openVulndb, updateVulnerabilityData } from './vulndb.ts'

const MAIN = new URL('../main.ts', import.meta.url).pathname
const PROGRAM = [process.execPath, MAIN] as const
const NOON = Date.parse('2026-01-01T12:00:00Z')

type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** A mirror whose files a test changes; whatever is not there is answered with 404. */
let files: Map<string, string | Buffer | Answer>
let asked: string[]
let server: Server
let source: string
let data: string
let now: number

beforeEach(async () => {
  files = new Map()
  asked = []
  now = NOON
  data = await mkdtemp(join(tmpdir(), 'berth-update-'))
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    asked.push(path)
    const file = files.get(path)
    if (file === undefined) response.writeHead(404).end('nothing here')
    else if (typeof file === 'function') file(response, request)
    else response.end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror`
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(data, { recursive: true, force: true })
})

const clock = { now: () => new Date(now), sleep: () => Promise.resolve() }
const parts = () => ({ data, program: PROGRAM, source, allowPrivate: true, clock })

function update(...ecosystems: string[]) {
  return updateVulnerabilityData(parts(), { ecosystems })
}

const record = (id: string, modified: string, more: object = {}): OsvFixture => ({
  ...{ id, modified, affected: [affects('npm', 'a', '2.0.0')] },
  ...more,
})
const OLD = '2025-01-01T00:00:00Z'
const NEW = '2025-06-01T00:00:00Z'

function serveExport(ecosystem: string, records: readonly OsvFixture[], etag?: string): void {
  files.set(`/mirror/${ecosystem}/all.zip`, (response, request) => {
    if (etag !== undefined && request.headers['if-none-match'] === etag) return void response.writeHead(304).end()
    response.writeHead(200, etag === undefined ? {} : { etag }).end(osvExport(records))
  })
}

function serveChanges(records: readonly OsvFixture[]): void {
  const lines = records.map((each) => `${each.modified},${each.id}`)
  files.set('/mirror/npm/modified_id.csv', `${lines.join('\n')}\n`)
  for (const each of records) files.set(`/mirror/npm/${each.id}.json`, JSON.stringify(osvRecord(each)))
}

function advisories(ecosystem = 'npm'): string[] | undefined {
  return withDatabaseFile(data, (db) =>
    createMatcher(db)({ id: 1, ecosystem, name: 'a', version: '1.0.0' })
      .matches.map(({ advisory }) => advisory)
      .toSorted(),
  )
}

/** With times as texts: toMatchObject finds every date like every other. */
async function statusOf(ecosystem: string) {
  const { ecosystems } = await openVulndb({ data }).status()
  const found = ecosystems.find((each) => each.ecosystem === ecosystem)
  return found === undefined ? undefined : JSON.parse(JSON.stringify(found))
}

const iso = (time: number | string) => new Date(time).toISOString()

describe('bringing data up to date', () => {
  it('first the whole export, of each ecosystem that is wanted once', async () => {
    serveExport('npm', [record('GHSA-1', OLD)])
    serveExport('Red Hat', [record('RHSA-1', OLD, { affected: [affects('Red Hat:enterprise_linux:9::baseos', 'a')] })])
    expect(await update('npm', 'Red Hat:9', 'Red Hat:8')).toEqual([
      { ecosystem: 'npm', outcome: 'updated', records: 1 },
      { ecosystem: 'Red Hat', outcome: 'updated', records: 1 },
    ])
    expect(asked).toEqual(['/mirror/npm/all.zip', '/mirror/Red Hat/all.zip'])
    expect(advisories()).toEqual(['GHSA-1'])
    expect(advisories('Red Hat:9')).toEqual(['RHSA-1'])
    expect(await statusOf('npm')).toEqual({
      ...{ ecosystem: 'npm', records: 1, source: `${source}/npm/all.zip` },
      ...{ updatedAt: iso(NOON), newestRecord: iso(OLD), triedAt: iso(NOON) },
    })
    expect(await openVulndb({ data }).ecosystemsWithData()).toEqual(new Set(['npm', 'Red Hat', 'Red Hat:9']))
    expect(readdirSync(data).toSorted()).toEqual([
      ...['vulnerabilities.db', 'vulnerabilities.json', 'vulnerabilities.lock'],
    ])
  }, 30_000)

  it('then only the records that changed, and those that went', async () => {
    serveExport('npm', [record('GHSA-1', OLD), record('GHSA-2', '2024-01-01T00:00:00Z'), record('GHSA-3', OLD)])
    await update('npm')
    serveChanges([
      record('GHSA-4', NEW),
      record('GHSA-3', NEW, { withdrawn: NEW }),
      record('GHSA-1', OLD),
      record('GHSA-2', '2024-01-01T00:00:00Z'),
    ])
    files.set('/mirror/npm/modified_id.csv', `${NEW},GHSA-lost\n${files.get('/mirror/npm/modified_id.csv')}`)
    asked = []
    now += 1000
    expect(await update('npm')).toEqual([{ ecosystem: 'npm', outcome: 'updated', records: 2 }])
    expect(asked.toSorted()).toEqual([
      ...['/mirror/npm/GHSA-3.json', '/mirror/npm/GHSA-4.json', '/mirror/npm/GHSA-lost.json'],
      '/mirror/npm/modified_id.csv',
    ])
    expect(advisories()).toEqual(['GHSA-1', 'GHSA-2', 'GHSA-4'])
    expect(await statusOf('npm')).toMatchObject({ updatedAt: iso(now), newestRecord: iso(NEW), records: 3 })
  }, 30_000)

  it('nothing when there is nothing new, and says that it looked', async () => {
    serveExport('npm', [record('GHSA-1', OLD)])
    await update('npm')
    const { version } = await openVulndb({ data }).status()
    serveChanges([record('GHSA-1', OLD)])
    now += 60_000
    expect(await update('npm')).toEqual([{ ecosystem: 'npm', outcome: 'unchanged', records: 0 }])
    expect((await openVulndb({ data }).status()).version).toBe(version ?? '')
    expect((await statusOf('npm'))?.updatedAt).toEqual(iso(now))
  }, 30_000)

  it('from a mirror without a list of changes: the whole export again, unless it is the same', async () => {
    serveExport('npm', [record('GHSA-1', OLD)], '"one"')
    await update('npm')
    expect(await update('npm')).toEqual([{ ecosystem: 'npm', outcome: 'unchanged', records: 0 }])
    serveExport('npm', [record('GHSA-5', NEW)], '"two"')
    expect(await update('npm')).toEqual([{ ecosystem: 'npm', outcome: 'updated', records: 1 }])
    expect(advisories()).toEqual(['GHSA-5'])
  }, 30_000)

  it('the whole export when very much changed, or the list of changes is none', async () => {
    serveExport('npm', [record('GHSA-1', OLD)])
    await update('npm')
    serveExport('npm', [record('GHSA-6', NEW)])
    for (const list of [
      Array.from({ length: 301 }, (_, i) => `${NEW},GHSA-x${i}\n`).join(''),
      '<html>\n',
      `${NEW},../../etc/passwd\n`,
      'x'.repeat(100_000),
    ]) {
      files.set('/mirror/npm/modified_id.csv', list)
      asked = []
      expect(await update('npm')).toEqual([{ ecosystem: 'npm', outcome: 'updated', records: 1 }])
      expect(asked).toEqual(['/mirror/npm/modified_id.csv', '/mirror/npm/all.zip'])
    }
  }, 60_000)
})

describe('a source that does not give what it should', () => {
  const host = () => new URL(source).host
  const failures: readonly (readonly [what: string, answer: Answer, problem: () => string])[] = [
    ['404', (response) => response.writeHead(404).end(), () => `${host()} has no data of npm`],
    ['500', (response) => response.writeHead(500).end('<b>'), () => `${host()} answered with status 500`],
    [
      'half of it',
      (response) => {
        response.writeHead(200, { 'content-length': '100000' })
        response.write(osvExport([record('GHSA-9', NEW)]), () => response.destroy())
      },
      () => host(),
    ],
    ['nonsense', (response) => response.end('<html>'), () => 'the export of npm: it is no zip archive'],
    [
      'a way to the metadata of the cloud',
      (response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
      () => '169.254.169.254 is not asked',
    ],
  ]
  for (const [what, answer, problem] of failures)
    it(`${what}: told, and what was there stays, and others are brought`, async () => {
      serveExport('npm', [record('GHSA-1', OLD)])
      await update('npm')
      files.set('/mirror/npm/all.zip', answer)
      serveExport('PyPI', [record('PYSEC-1', OLD, { affected: [affects('PyPI', 'a', '2')] })])
      now += 1000
      const updates = await update('npm', 'PyPI')
      const npm = updates.find(({ ecosystem }) => ecosystem === 'npm')
      expect(npm).toMatchObject({ outcome: 'failed', problem: expect.stringContaining(problem()) })
      expect(updates.find(({ ecosystem }) => ecosystem === 'PyPI')?.outcome).toBe('updated')
      expect(advisories()).toEqual(['GHSA-1'])
      expect(await statusOf('npm')).toMatchObject({
        ...{ updatedAt: iso(NOON), problem: npm?.problem, triedAt: iso(now) },
      })
      // It does not tell for ever.
      serveExport('npm', [record('GHSA-2', OLD)])
      await update('npm')
      expect((await statusOf('npm'))?.problem).toBeUndefined()
    }, 30_000)

  it('something else than a record: told, nothing is changed', async () => {
    serveExport('npm', [record('GHSA-1', OLD)])
    await update('npm')
    serveChanges([record('GHSA-2', NEW)])
    files.set('/mirror/npm/GHSA-2.json', JSON.stringify(osvRecord(record('GHSA-3', NEW))))
    expect(await update('npm')).toMatchObject([{ outcome: 'failed', problem: expect.stringContaining('GHSA-2') }])
    expect(advisories()).toEqual(['GHSA-1'])
  }, 30_000)

  it('at a private address is not asked, unless that is allowed', async () => {
    serveExport('npm', [record('GHSA-1', OLD)])
    const [answer] = await updateVulnerabilityData({ ...parts(), allowPrivate: false }, { ecosystems: ['npm'] })
    expect(answer).toMatchObject({
      outcome: 'failed',
      problem: expect.stringContaining('private ones are not allowed'),
    })
    expect(asked).toEqual([])
    expect(await statusOf('npm')).toMatchObject({ records: 0, triedAt: iso(NOON) })
  })

  it('an ecosystem that nobody knows is not asked for', async () => {
    expect(await update('../../etc')).toMatchObject([{ outcome: 'failed' }])
    expect(asked).toEqual([])
  })

  it('is given up when the signal says so', async () => {
    const stopping = new AbortController()
    files.set('/mirror/npm/all.zip', (response) => {
      response.write('PK')
      stopping.abort(new Error('enough'))
    })
    const work = updateVulnerabilityData(parts(), { ecosystems: ['npm'], signal: stopping.signal })
    expect(await work.catch((error: unknown) => error)).toEqual(new Error('enough'))
    expect(readdirSync(data)).toEqual([])
  }, 30_000)

  it('a builder that dies is an error, and what was there stays', async () => {
    serveExport('npm', [record('GHSA-1', OLD)])
    await update('npm')
    const program = [process.execPath, '-e', 'console.error("no room"); process.exit(3)'] as const
    const work = updateVulnerabilityData({ ...parts(), program }, { ecosystems: ['npm'] })
    expect(await work.catch((error: unknown) => String(error))).toContain('could not be built: no room')
    expect(advisories()).toEqual(['GHSA-1'])
    expect((await statusOf('npm'))?.problem).toContain('no room')
  }, 30_000)
})

describe('taking data from files', () => {
  const take = (path: string, ecosystem?: string) =>
    importVulnerabilityData({ data, program: PROGRAM, clock }, { path, ecosystem })
  let files: string

  beforeEach(async () => {
    files = await mkdtemp(join(tmpdir(), 'berth-import-'))
  })
  afterEach(() => rm(files, { recursive: true, force: true }))

  async function save(path: string, content: string | Uint8Array): Promise<string> {
    const full = join(files, path)
    await mkdir(join(full, '..'), { recursive: true })
    await writeFile(full, content)
    return full
  }

  it('a folder as OSV lays them out, all of it or one ecosystem', async () => {
    await save('npm/all.zip', osvExport([record('GHSA-1', OLD)]))
    await save(
      'Red%20Hat/all.zip',
      osvExport([record('RHSA-1', OLD, { affected: [affects('Red Hat:enterprise_linux:9', 'a')] })]),
    )
    await save('Nonsense/all.zip', 'x')
    expect(await take(files, 'npm')).toEqual([{ ecosystem: 'npm', outcome: 'updated', records: 1 }])
    expect(advisories('Red Hat:9')).toEqual([])
    expect((await take(files)).map(({ ecosystem }) => ecosystem)).toEqual(['Red Hat', 'npm'])
    expect(advisories('Red Hat:9')).toEqual(['RHSA-1'])
    expect(await statusOf('npm')).toMatchObject({ source: 'npm/all.zip', updatedAt: iso(NOON) })
  }, 30_000)

  it('a zip of one ecosystem, by its name, its folder, or the flag', async () => {
    const zip = osvExport([record('GHSA-1', OLD)])
    expect(await take(await save('npm.zip', zip))).toMatchObject([{ ecosystem: 'npm', outcome: 'updated' }])
    expect(await take(await save('npm/all.zip', zip))).toMatchObject([{ ecosystem: 'npm' }])
    const other = await save('export.zip', zip)
    expect(await take(other, 'npm')).toMatchObject([{ ecosystem: 'npm' }])
    expect(await take(other).catch((error: unknown) => String(error))).toContain('say with --ecosystem')
    expect(await take(other, 'Debian:12')).toMatchObject([{ ecosystem: 'Debian', outcome: 'failed' }])
  }, 30_000)

  it('one record, beside what is there', async () => {
    await take(await save('npm.zip', osvExport([record('GHSA-1', OLD)])))
    const own = await save('own.json', JSON.stringify(osvRecord(record('OWN-1', NEW)), undefined, 2))
    expect(await take(own)).toEqual([{ ecosystem: 'npm', outcome: 'updated', records: 1 }])
    expect(advisories()).toEqual(['GHSA-1', 'OWN-1'])
  }, 30_000)

  it('refuses what is none of it', async () => {
    const refused: readonly (readonly [string, string])[] = [
      [join(files, 'missing'), 'there is no file or folder'],
      [files, 'no folder of an ecosystem'],
      [await save('a.json', '{"id":1}'), 'neither a zip'],
      [
        await save('b.json', JSON.stringify(osvRecord({ id: 'X-1', affected: [affects('Hex', 'a')] }))),
        'about no package',
      ],
    ]
    for (const [path, problem] of refused)
      expect(await take(path).catch((error: unknown) => String(error))).toContain(problem)
    expect(await take(files, 'Nonsense').catch((error: unknown) => String(error))).toContain('is no ecosystem')
  })
})
