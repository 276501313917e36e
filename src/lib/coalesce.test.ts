import { expect, it } from 'bun:test'
import { coalesce } from './coalesce.ts'

/** Work whose runs end when they are told to, and that counts how many go on at once. */
function controlled() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const state = { begun: 0, running: 0, most: 0 }
  const work = () => {
    state.begun++
    state.most = Math.max(state.most, ++state.running)
    return new Promise<void>((resolve, reject) => ends.push({ resolve, reject })).finally(() => state.running--)
  }
  return {
    state,
    work,
    end: (run: number) => ends[run]?.resolve(),
    fail: (run: number) => ends[run]?.reject(new Error(`run ${run}`)),
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

it('a caller is answered by a run that began after it asked; those who wait share it', async () => {
  const { state, work, end } = controlled()
  const ask = coalesce(work)
  const answered: string[] = []
  const note = (name: string, answer: Promise<void>) => void answer.then(() => answered.push(name))
  note('first', ask())
  note('during', ask())
  note('during too', ask())
  await settle()
  expect(state.begun).toBe(1)
  end(0)
  await settle()
  // The run that was under way when they asked may have missed what they did before.
  expect(answered).toEqual(['first'])
  expect(state.begun).toBe(2)
  note('during the second', ask())
  end(1)
  await settle()
  expect(answered).toEqual(['first', 'during', 'during too'])
  expect(state.begun).toBe(3)
  end(2)
  await settle()
  expect(answered).toHaveLength(4)
  expect(state.most).toBe(1)
})

it('a run that fails fails its callers; those who wait get one of their own', async () => {
  const { work, end, fail } = controlled()
  const ask = coalesce(work)
  const first = ask().catch((error: Error) => error.message)
  const second = ask().then(() => 'done')
  await settle()
  fail(0)
  expect(await first).toBe('run 0')
  await settle()
  end(1)
  expect(await second).toBe('done')
})

it('after everything ended the next caller starts at once', async () => {
  const { state, work, end } = controlled()
  const ask = coalesce(work)
  for (let run = 0; run < 3; run++) {
    const answer = ask()
    expect(state.begun).toBe(run + 1)
    end(run)
    await answer
  }
})
