import { expect, test } from 'bun:test'
import { TestClock } from '../../test/e2e/support/in-process.ts'
import { startScheduler } from './scheduler.ts'

class StandingClock extends TestClock {
  /** Nothing wakes by itself. */
  override sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))
  }
}

const patience = () => new Promise((resolve) => setImmediate(resolve))

test('a job at the edges runs when the server starts and once more when it stops, others do neither', async () => {
  const runs: string[] = []
  const job = (name: string, atEdges: boolean) => ({
    ...{ name, about: '', everyMs: 1000, atEdges },
    run: async () => void runs.push(name),
  })
  const clock = new StandingClock()
  const scheduler = startScheduler([job('log', true), job('other', false)], { clock, onFailure: () => undefined })
  await patience()
  expect(runs).toEqual(['log'])
  await scheduler.stop()
  expect(runs).toEqual(['log', 'log'])
})

test('a last run that fails is told, and does not keep the server from stopping', async () => {
  const failures: string[] = []
  const job = { name: 'log', about: '', everyMs: 1000, atEdges: true, run: () => Promise.reject(new Error('no disk')) }
  const scheduler = startScheduler([job], {
    clock: new StandingClock(),
    onFailure: (name) => void failures.push(name),
  })
  await patience()
  await scheduler.stop()
  expect(failures).toEqual(['log', 'log'])
})

test('a job may have its first turn sooner than the others', async () => {
  const slept: number[] = []
  class Noting extends StandingClock {
    override sleep(ms: number, signal?: AbortSignal): Promise<void> {
      slept.push(ms)
      return slept.length < 4 ? Promise.resolve() : super.sleep(ms, signal)
    }
  }
  const job = { name: 'look', about: '', everyMs: 1000, firstMs: 10, run: async () => undefined }
  const scheduler = startScheduler([job], { clock: new Noting(), onFailure: () => undefined })
  await patience()
  await scheduler.stop()
  expect(slept).toEqual([10, 1000, 1000, 1000])
})
