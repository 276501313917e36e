import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isStopped } from '../support/cpu.ts'
import type { CpuProfileFile } from './script.ts'

const AGENT = join(import.meta.dir, 'agent.ts')
const MOST_WAIT_MS = 30_000

/** Profiles of JavaScript, which `agent.ts` takes within the server. */
export class Scripts {
  readonly environment: Readonly<Record<string, string>>
  readonly #dir: string
  readonly #turns = new Map<number, number>()

  constructor(dir: string) {
    this.#dir = dir
    this.environment = { BUN_OPTIONS: `--preload ${AGENT}`, BERTH_BENCH_SEEN: dir }
  }

  /** What was before does not count; a process that has not begun has nothing, and would not bear the signal. */
  async forget(pid: number): Promise<void> {
    if (!isStopped(pid)) await this.taken(pid)
  }

  /** What happened since the last time. */
  async taken(pid: number): Promise<CpuProfileFile> {
    const turn = this.#turns.get(pid) ?? 0
    this.#turns.set(pid, turn + 1)
    const file = join(this.#dir, `${pid}-${turn}.cpuprofile`)
    process.kill(pid, 'SIGUSR2')
    for (let waited = 0; !existsSync(file); waited += 10) {
      if (waited > MOST_WAIT_MS) throw new Error(`${pid} gave no profile`)
      await Bun.sleep(10)
    }
    return JSON.parse(readFileSync(file, 'utf8'))
  }
}
