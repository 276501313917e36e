import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import type { Failpoint } from './failpoints.ts'
import { problemsOf, type Run, run } from './support/kill-run.ts'
import { SEED } from './support/server.ts'

/** Of each of these; `kill.test.ts` dies at all of them without encryption. */
const RUNS = Math.ceil(Number(process.env.BERTH_TEST_RUNS ?? 24) / 4)
const PLACES = ['upload.write', 'upload.start', 'blob.before-rename', undefined] as const
const TIMEOUT_MS = 600_000
const VARIABLE = 'BERTH_ENCRYPTION__KEY_FILE'

let folder: string
const before = process.env[VARIABLE]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-kill-encrypted-'))
  const keyFile = join(folder, 'master.key')
  createKeyFile(keyFile)
  // For the servers and commands, which inherit it.
  process.env[VARIABLE] = keyFile
})
afterAll(async () => {
  if (before === undefined) delete process.env[VARIABLE]
  else process.env[VARIABLE] = before
  await rm(folder, { recursive: true, force: true })
})

async function runAll(seeds: readonly number[], failpoint: Failpoint | undefined): Promise<Run[]> {
  const done: Run[] = []
  for (const seed of seeds) done.push(await run(seed, failpoint))
  return done
}

/** `BERTH_TEST_RUN_SEED` repeats the one run that a failure names. */
function seedsFor(index: number): number[] {
  const only = process.env.BERTH_TEST_RUN_SEED
  return only === undefined ? Array.from({ length: RUNS }, (_, at) => SEED + index * 1000 + at) : [Number(only)]
}

describe(`kill -9 of a server that encrypts (BERTH_TEST_SEED=${SEED})`, () => {
  for (const [index, failpoint] of PLACES.entries())
    it(
      `at ${failpoint ?? 'any moment'}: what was acknowledged is there, the rest whole or absent`,
      async () => {
        const done = await runAll(seedsFor(index), failpoint)
        expect(problemsOf(done, failpoint ?? 'a random moment')).toEqual([])
        if (failpoint !== undefined) expect(done.filter(({ killed }) => killed).length).toBeGreaterThan(done.length / 2)
      },
      TIMEOUT_MS,
    )
})
