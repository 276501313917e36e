import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { affects, osvExport } from '../../test/support/osv-export.ts'
import { build } from './build.ts'
import { MatcherError } from './match-process.ts'
import type { PackageMatches, PackageRow } from './package-row.ts'
import { openVulndb } from './vulndb.ts'

const MAIN = new URL('../main.ts', import.meta.url).pathname
const PROGRAM = [process.execPath, MAIN] as const

let data: string

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'berth-matching-'))
  const path = join(data, 'npm.zip')
  const many = Array.from({ length: 250 }, (_, i) => ({ id: `OWN-${i}`, affected: [affects('npm', 'many', '2.0.0')] }))
  await writeFile(path, osvExport([{ id: 'GHSA-1', affected: [affects('npm', 'a', '2.0.0')] }, ...many]))
  await build({ data, steps: [{ kind: 'whole', ecosystem: 'npm', path, origin: 'test', at: 1 }] })
})
afterAll(() => rm(data, { recursive: true, force: true }))

const row = (id: number, name: string, version = '1.0.0'): PackageRow => ({ id, ecosystem: 'npm', name, version })

async function* pages(...each: (readonly PackageRow[])[]): AsyncGenerator<readonly PackageRow[]> {
  yield* each
}

async function collect(answers: AsyncIterable<PackageMatches>): Promise<[number, number][]> {
  const found: [number, number][] = []
  for await (const { packageId, matches } of answers) found.push([packageId, matches.length])
  return found
}

describe('matching apart', () => {
  const vulndb = () => openVulndb({ data, program: PROGRAM })

  it('answers about every package, in their order, with whole values', async () => {
    const answers: PackageMatches[] = []
    for await (const answer of vulndb().match(pages([row(3, 'a'), row(1, 'b')], [], [row(2, 'a', '2.0.0')])))
      answers.push(answer)
    expect(answers.map(({ packageId, matches }) => [packageId, matches.length])).toEqual([
      ...[
        [3, 1],
        [1, 0],
        [2, 0],
      ],
    ])
    expect(answers[0]?.matches).toEqual([
      {
        vulnerability: {
          ...{ id: 'GHSA-1', aliases: [], summary: '', severity: 'unknown', ratings: [], references: [] },
          ...{ published: new Date('2023-01-01T00:00:00Z'), modified: new Date('2024-01-01T00:00:00Z') },
        },
        ...{ advisory: 'GHSA-1', fixedVersion: '2.0.0' },
      },
    ])
  }, 30_000)

  it('takes pages and answers of any size', async () => {
    const page = Array.from({ length: 1203 }, (_, i) => row(i, i % 400 === 0 ? 'many' : 'a'))
    const found = await collect(vulndb().match(pages(page)))
    expect(found).toEqual(page.map(({ id, name }) => [id, name === 'many' ? 250 : 1]))
  }, 30_000)

  it('reads packages only as fast as answers are taken', async () => {
    let read = 0
    async function* counted() {
      for (let page = 0; page < 50; page++) {
        read++
        yield Array.from({ length: 500 }, (_, i) => row(page * 500 + i, 'a'))
      }
    }
    for await (const _ of vulndb().match(counted())) break
    expect(read).toBe(1)
  }, 30_000)

  it('without data answers with nothing, and says that there is none', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'berth-empty-'))
    const none = openVulndb({ data: empty, program: PROGRAM })
    expect(await collect(none.match(pages([row(1, 'a')])))).toEqual([[1, 0]])
    expect(await none.ecosystemsWithData()).toEqual(new Set())
    expect(await none.status()).toEqual({ sizeBytes: 0, records: 0, ecosystems: [] })
    expect(await vulndb().ecosystemsWithData()).toEqual(new Set(['npm']))
    await rm(empty, { recursive: true })
  }, 30_000)

  it('ends with the signal’s reason', async () => {
    const stopping = new AbortController()
    const answers = vulndb().match(pages([row(1, 'a')], [row(2, 'a')]), stopping.signal)
    const work = (async () => {
      for await (const _ of answers) stopping.abort(new Error('enough'))
    })()
    expect(work).rejects.toThrow('enough')
    await work.catch(() => undefined)
    expect(collect(vulndb().match(pages([]), stopping.signal))).rejects.toThrow('enough')
  }, 30_000)

  it('a process that dies, or never was, is an error of its own kind', async () => {
    const program = async (text: string): Promise<readonly [string]> => {
      const path = join(data, `program-${text.length}`)
      await writeFile(path, `#!/bin/sh\n${text}\n`)
      await chmod(path, 0o755)
      return [path]
    }
    const dying = openVulndb({ data, program: await program('read line; kill -9 $$') })
    expect(await collect(dying.match(pages([row(1, 'a')]))).catch((error: unknown) => error)).toEqual(
      new MatcherError('it was ended by SIGKILL'),
    )
    const failing = openVulndb({ data, program: await program('echo out of memory >&2; exit 7') })
    expect(await collect(failing.match(pages([row(1, 'a')]))).catch((error: unknown) => error)).toEqual(
      new MatcherError('it ended with 7: out of memory'),
    )
    const missing = openVulndb({ data, program: [join(data, 'no-such-program')] })
    expect(await collect(missing.match(pages([row(1, 'a')]))).catch((error: unknown) => error)).toBeInstanceOf(
      MatcherError,
    )
    const babbling = openVulndb({ data, program: await program('echo "{}"; cat >/dev/null') })
    expect(await collect(babbling.match(pages([row(1, 'a')]))).catch((error: unknown) => error)).toBeInstanceOf(
      MatcherError,
    )
  }, 30_000)
})
