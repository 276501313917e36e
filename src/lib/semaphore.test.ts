import { expect, it } from 'bun:test'
import { Semaphore } from './semaphore.ts'

/** Tasks that end when they are told to. */
function tasks() {
  const running: string[] = []
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>()
  return {
    running,
    task: (name: string) => () =>
      new Promise<void>((resolve, reject) => {
        running.push(name)
        ends.set(name, { resolve, reject })
      }).finally(() => running.splice(running.indexOf(name), 1)),
    end: (name: string) => ends.get(name)?.resolve(),
    fail: (name: string) => ends.get(name)?.reject(new Error(name)),
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

it('runs as many as it permits, the others in the order they came', async () => {
  const { running, task, end } = tasks()
  const semaphore = new Semaphore(2)
  const all = ['a', 'b', 'c', 'd'].map((name) => semaphore.run(task(name)))
  await settle()
  expect(running).toEqual(['a', 'b'])
  end('b')
  await settle()
  expect(running).toEqual(['a', 'c'])
  end('a')
  await settle()
  expect(running).toEqual(['c', 'd'])
  end('c')
  end('d')
  await Promise.all(all)
})

it('a task that fails gives its place to the next and its error to its caller', async () => {
  const { running, task, end, fail } = tasks()
  const semaphore = new Semaphore(1)
  const first = semaphore.run(task('a')).catch((error: Error) => error.message)
  const second = semaphore.run(task('b'))
  await settle()
  fail('a')
  expect(await first).toBe('a')
  await settle()
  expect(running).toEqual(['b'])
  end('b')
  await second
})

it('a task that throws at once frees its place', async () => {
  const semaphore = new Semaphore(1)
  for (let round = 0; round < 3; round++)
    await expect(
      semaphore.run(() => {
        throw new Error('at once')
      }),
    ).rejects.toThrow('at once')
  expect(await semaphore.run(async () => 'free')).toBe('free')
})
