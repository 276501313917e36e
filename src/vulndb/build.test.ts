import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { affects, type OsvFixture, osvExport, osvRecord } from '../../test/support/osv-export.ts'
import { zip, type ZipFile } from '../../test/support/zip.ts'
import { build } from './build.ts'
import type { BuildStep } from './build-job.ts'
import { openDatabaseFile, readMeta, withDatabaseFile } from './database-file.ts'
import { createMatcher } from './matcher.ts'
import { readStatus } from './read-status.ts'

const FIRST = Date.parse('2026-01-01T00:00:00Z')
const SECOND = Date.parse('2026-01-02T00:00:00Z')

let data: string

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'berth-vulndb-'))
})
afterEach(() => rm(data, { recursive: true, force: true }))

const record = (id: string, more: object = {}): OsvFixture => ({
  id,
  affected: [affects('npm', 'a', '2.0.0')],
  ...more,
})

async function whole(records: Buffer | readonly OsvFixture[], ecosystem = 'npm'): Promise<BuildStep> {
  const path = join(data, `${ecosystem}.zip`)
  await writeFile(path, Buffer.isBuffer(records) ? records : osvExport(records))
  return { kind: 'whole', ecosystem, path, origin: 'test', at: FIRST }
}

async function lines(kind: 'changes' | 'additions', records: readonly OsvFixture[], removed: string[] = []) {
  const path = join(data, 'lines')
  await writeFile(path, records.map((each) => `${JSON.stringify(osvRecord(each))}\n`).join(''))
  return { kind, ecosystem: 'npm', path, removed, origin: 'test', at: SECOND } as const
}

/** The advisories against version 1.0.0 of a package. */
function advisories(name = 'a', ecosystem = 'npm'): string[] | undefined {
  return withDatabaseFile(data, (db) =>
    createMatcher(db)({ id: 1, ecosystem, name, version: '1.0.0' })
      .matches.map(({ advisory }) => advisory)
      .toSorted(),
  )
}

function version(): string | undefined {
  return withDatabaseFile(data, readMeta)?.version
}

async function problemOf(step: BuildStep): Promise<string | undefined> {
  const { version: made, steps } = await build({ data, steps: [step] })
  expect(made).toBeUndefined()
  return steps[0]?.problem
}

describe('building data', () => {
  it('a whole export takes the place of what was known of its ecosystem, and of nothing else', async () => {
    const other = { id: 'PYSEC-1', affected: [affects('PyPI', 'a', '2')] }
    await build({ data, steps: [await whole([record('GHSA-1'), record('GHSA-2')]), await whole([other], 'PyPI')] })
    const before = version()
    await build({ data, steps: [await whole([record('GHSA-2'), record('GHSA-3')])] })
    expect(advisories()).toEqual(['GHSA-2', 'GHSA-3'])
    expect(advisories('a', 'PyPI')).toEqual(['PYSEC-1'])
    expect(version()).not.toBe(before ?? '')
    const names = withDatabaseFile(data, (db) => db.query('select name from records order by name').values().flat())
    expect(names).toEqual(['GHSA-2', 'GHSA-3', 'PYSEC-1'])
  })

  it('changes are put in, withdrawn and lost records are taken out, and the age is the newest', async () => {
    await build({ data, steps: [await whole([record('GHSA-1'), record('GHSA-2'), record('GHSA-3')])] })
    const changed = [
      record('GHSA-1', { modified: '2024-02-01T00:00:00Z', affected: [affects('npm', 'b', '2.0.0')] }),
      record('GHSA-2', { modified: '2024-03-01T00:00:00Z', withdrawn: '2024-03-01T00:00:00Z' }),
      record('GHSA-4'),
    ]
    await build({ data, steps: [await lines('changes', changed, ['GHSA-3', 'GHSA-unknown'])] })
    expect(advisories()).toEqual(['GHSA-4'])
    expect(advisories('b')).toEqual(['GHSA-1'])
    const { ecosystems } = await readStatus(data)
    expect(ecosystems).toEqual([
      {
        ...{ ecosystem: 'npm', records: 2, source: 'test', updatedAt: new Date(SECOND) },
        newestRecord: new Date('2024-03-01T00:00:00Z'),
      },
    ])
  })

  it('additions stay until the next export, change no age, and need data that they belong to', async () => {
    expect(await problemOf(await lines('additions', [record('OWN-1')]))).toContain('there is no data of npm yet')
    expect(version()).toBeUndefined()
    await build({ data, steps: [await whole([record('GHSA-1')])] })
    await build({ data, steps: [await lines('additions', [record('OWN-1', { modified: '2030-01-01T00:00:00Z' })])] })
    expect(advisories()).toEqual(['GHSA-1', 'OWN-1'])
    expect((await readStatus(data)).ecosystems).toEqual([
      {
        ...{ ecosystem: 'npm', records: 2, source: 'test', updatedAt: new Date(FIRST) },
        newestRecord: new Date('2024-01-01T00:00:00Z'),
      },
    ])
    await build({ data, steps: [await whole([record('GHSA-1')])] })
    expect(advisories()).toEqual(['GHSA-1'])
  })

  it('a record from the future does not hide what comes until then', async () => {
    await build({ data, steps: [await whole([record('GHSA-1', { modified: '3000-01-01T00:00:00Z' })])] })
    expect((await readStatus(data)).ecosystems[0]?.newestRecord).toEqual(new Date(FIRST))
  })

  it('a record that an older export of another ecosystem has too keeps its newer content', async () => {
    const both = [affects('npm', 'a', '2.0.0'), affects('PyPI', 'a', '2')]
    const newer = record('GHSA-1', { affected: both, modified: '2024-05-01T00:00:00Z', summary: 'newer' })
    const older = record('GHSA-1', { affected: both, summary: 'older' })
    await build({ data, steps: [await whole([newer]), await whole([older], 'PyPI')] })
    const summaries = withDatabaseFile(data, (db) =>
      createMatcher(db)({ id: 1, ecosystem: 'PyPI', name: 'a', version: '1' }).matches.map(
        (each) => each.vulnerability.summary,
      ),
    )
    expect(summaries).toEqual(['newer'])
  })

  it('a step that fails leaves the others, and what was there', async () => {
    await build({ data, steps: [await whole([record('GHSA-1')])] })
    const broken = await whole(Buffer.from('no zip'))
    const { steps, version: made } = await build({
      data,
      steps: [broken, await whole([{ id: 'PYSEC-1', affected: [affects('PyPI', 'a', '2')] }], 'PyPI')],
    })
    expect(made).toBeString()
    expect(steps.map(({ problem }) => problem === undefined)).toEqual([false, true])
    expect(advisories()).toEqual(['GHSA-1'])
    expect(advisories('a', 'PyPI')).toEqual(['PYSEC-1'])
  })

  it('a file that is no database is replaced', async () => {
    await writeFile(join(data, 'vulnerabilities.db'), 'nonsense'.repeat(1000))
    expect(advisories()).toBeUndefined()
    await build({ data, steps: [await whole([record('GHSA-1')])] })
    expect(advisories()).toEqual(['GHSA-1'])
  })

  it('whoever reads goes on with the old data while new data takes its place', async () => {
    await build({ data, steps: [await whole([record('GHSA-1')])] })
    const step = await whole([record('GHSA-2')])
    const old = openDatabaseFile(data)
    if (old === undefined) throw new Error('there is no data')
    await build({ data, steps: [step] })
    const found = createMatcher(old)({ id: 1, ecosystem: 'npm', name: 'a', version: '1.0.0' })
    expect(found.matches.map(({ advisory }) => advisory)).toEqual(['GHSA-1'])
    old.close()
    expect(advisories()).toEqual(['GHSA-2'])
  })
})

describe('hostile exports', () => {
  const json = (value: unknown) => JSON.stringify(value)
  const good: ZipFile = { name: 'GHSA-1.json', content: json(osvRecord(record('GHSA-1'))) }
  const MIB = 1024 ** 2

  const exports: readonly (readonly [what: string, zip: () => Buffer, problem: string])[] = [
    ['no zip', () => Buffer.from('<html>'), 'no zip archive'],
    ['nothing', () => Buffer.alloc(0), 'no zip archive'],
    ['an end that is missing', () => zip([good]).subarray(0, -30), 'no zip archive'],
    ['no files', () => zip([]), 'no record in it'],
    ['no record', () => zip([{ name: 'README.md', content: 'hello' }]), 'no record in it'],
    [
      'records of others',
      () => osvExport([record('GHSA-1', { affected: [affects('Go', 'a', '2.0.0')] })]),
      'nothing in it',
    ],
    ['a bomb', () => zip([good, { name: 'x.json', content: Buffer.alloc(17 * MIB, 32) }]), 'more than 16777216 bytes'],
    [
      'many small bombs',
      () =>
        zip([
          good,
          ...Array.from({ length: 5 }, (_, i) => ({ name: `${i}.json`, content: Buffer.alloc(15 * MIB, 32) })),
        ]),
      'much larger unpacked',
    ],
    ['a size that is a lie', () => zip([{ ...good, saysBytes: 10 }]), 'broken'],
    ['a size that is too large', () => zip([{ ...good, saysBytes: 100_000 }]), 'another size'],
    ['another compression', () => zip([{ ...good, method: 99 }]), 'packed in a way'],
    [
      'mostly nonsense',
      () => zip([good, ...Array.from({ length: 9 }, (_, i) => ({ name: `${i}.json`, content: '[]' }))]),
      '9 of its 10 records',
    ],
  ]
  for (const [what, zip, problem] of exports)
    it(`${what}: refused, and what was there stays`, async () => {
      await build({ data, steps: [await whole([record('GHSA-0')])] })
      const before = version()
      expect(await problemOf(await whole(zip()))).toContain(problem)
      expect(version()).toBe(before ?? '')
      expect(advisories()).toEqual(['GHSA-0'])
      expect(readdirSync(data).filter((name) => name.endsWith('.tmp'))).toEqual([])
    }, 20_000)

  it('names with paths are only names, and single records that are none are counted', async () => {
    const nulls = {
      name: 'nulls.json',
      content: '{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":null,"aliases":null}',
    }
    const entries = Array.from({ length: 11 }, (_, i) => ({ ...good, name: `../../${i}.json` }))
    const deep = { name: 'deep.json', content: '['.repeat(1_000_000) }
    const { steps } = await build({ data, steps: [await whole(zip([...entries, nulls, deep]))] })
    expect(steps).toEqual([{ ecosystem: 'npm', records: 12, skipped: 1 }])
    expect(advisories()).toEqual(['GHSA-1'])
    expect((await readStatus(data)).ecosystems[0]?.problem).toBe('1 records could not be understood')
    expect(readdirSync(data).toSorted()).toEqual(['npm.zip', 'vulnerabilities.db', 'vulnerabilities.lock'])
  })
})

const MAIN = new URL('../main.ts', import.meta.url).pathname

describe('a builder that dies', () => {
  it('half way leaves the old data, and whoever asks next tidies up, not while it builds', async () => {
    await build({ data, steps: [await whole([record('GHSA-1')])] })
    // It gets a record from a pipe, and then nothing more: it is in the middle of its transaction for good.
    const path = join(data, 'pipe')
    await once(spawn('mkfifo', [path]), 'close')
    const step = { kind: 'changes', ecosystem: 'npm', path, removed: ['GHSA-1'], origin: 'test', at: SECOND }
    const child = spawn(process.execPath, [MAIN, 'vulndb', 'build'], { stdio: ['pipe', 'ignore', 'inherit'] })
    child.stdin.end(`${JSON.stringify({ data, steps: [step] })}\n`)
    // Opening waits for the reader.
    const pipe = await open(path, 'w')
    await pipe.write(`${JSON.stringify(osvRecord(record('GHSA-2')))}\n`)
    const unfinished = () => readdirSync(data).filter((name) => name.includes('.tmp'))
    const building = unfinished()
    expect(building).not.toEqual([])
    await readStatus(data)
    expect(unfinished()).toEqual(building)
    child.kill('SIGKILL')
    await once(child, 'close')
    await pipe.close()
    expect(advisories()).toEqual(['GHSA-1'])
    expect(unfinished()).not.toEqual([])
    expect((await readStatus(data)).records).toBe(1)
    expect(unfinished()).toEqual([])
    await build({ data, steps: [await whole([record('GHSA-3')])] })
    expect(advisories()).toEqual(['GHSA-3'])
  }, 30_000)

  it('with a file that only looks like one in its way starts anew', async () => {
    await writeFile(join(data, 'vulnerabilities.json'), '{"npm":')
    await build({ data, steps: [await whole([record('GHSA-1')])] })
    expect((await readStatus(data)).records).toBe(1)
    expect(existsSync(join(data, 'vulnerabilities.db'))).toBe(true)
    expect((await readFile(join(data, 'vulnerabilities.db'))).subarray(0, 6).toString()).toBe('SQLite')
  })
})
