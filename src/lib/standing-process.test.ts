import { afterAll, expect, it } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Problem } from './problem.ts'
import { StandingProcess } from './standing-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'berth-standing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const script = join(folder, 'answers.ts')
writeFileSync(
  script,
  `import { answerOrders } from '${new URL('./answer-orders.ts', import.meta.url).pathname}'
import { Problem } from '${new URL('./problem.ts', import.meta.url).pathname}'
console.log('a line of the log')
await answerOrders(async (order) => {
  if (order === 'problem') throw new Problem('not-found', 'there is none')
  if (order === 'error') throw new Error('broken')
  if (order === 'die') process.exit(3)
  if (order === 'hang') await new Promise(() => undefined)
  return { order, pid: process.pid }
}, { idleMs: Number(process.env.IDLE), isSpent: () => process.env.SPENT === 'yes' })
process.exit(0)
`,
)

function standing({ idle = '60000', spent = 'no', timeoutMs = 60_000 } = {}) {
  const env = { PATH: '/usr/bin:/bin', IDLE: idle, SPENT: spent }
  const made = new StandingProcess({ argv: [process.execPath, script], env, timeoutMs })
  return { ask: (order: unknown) => made.ask(order) as Promise<{ order: unknown; pid: number }> }
}

it('answers orders, several at a time, by the same process', async () => {
  const one = standing()
  const answers = await Promise.all(['a', 'b', 'c'].map((order) => one.ask(order)))
  expect(answers.map(({ order }) => order)).toEqual(['a', 'b', 'c'])
  expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1)
}, 60_000)

it('says what was wrong, and goes on', async () => {
  const one = standing()
  const problem = await one.ask('problem').catch((error: unknown) => error)
  expect(problem).toBeInstanceOf(Problem)
  expect(problem).toMatchObject({ kind: 'not-found', message: 'there is none' })
  await expect(one.ask('error')).rejects.toThrow('broken')
  expect((await one.ask('a')).order).toBe('a')
}, 60_000)

it('that died or hangs answers nobody who waits, and another one is started', async () => {
  const one = standing()
  await expect(one.ask('die')).rejects.toThrow('ended with 3')
  expect((await one.ask('a')).order).toBe('a')
  await expect(standing({ timeoutMs: 3000 }).ask('hang')).rejects.toThrow('ended with')
}, 60_000)

it('ends when nothing comes or it has taken too much, and whoever asks meanwhile is answered', async () => {
  for (const one of [standing({ idle: '1' }), standing({ spent: 'yes' })]) {
    const pids = new Set<number>()
    for (let round = 0; round < 3; round++) {
      const { order, pid } = await one.ask(round)
      expect(order).toBe(round)
      pids.add(pid)
    }
    expect(pids.size).toBeGreaterThan(0)
  }
}, 60_000)
