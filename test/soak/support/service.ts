import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addUser, berth, type CommandResult } from '../../e2e/support/command.ts'
import { basic } from '../../e2e/support/server.ts'
import { eventually, ROOT } from '../../faults/support/server.ts'
import { databaseEnvironment } from '../../support/postgres.ts'
import { BIN_MS, LEASE_MS } from './model.ts'
import { PROGRAM } from '../../support/program.ts'

export const ADMINISTRATOR = basic('admin', 'pass word of admin')

const CONFIG = `
gc: { every: 1s, lease: ${LEASE_MS / 1000}s, untagged: 0s, trashDelay: 2s }
recycleBin: { keep: ${BIN_MS / 1000}s }
`

/** A server process on a folder of its own, whose collector runs all the time; it can be killed and started again. */
export class Service {
  readonly folder: string
  readonly data: string
  url = ''
  #child: Bun.Subprocess | undefined
  #starts = 0

  private constructor(folder: string) {
    this.folder = folder
    this.data = join(folder, 'data')
  }

  static async start(): Promise<Service> {
    const service = new Service(await mkdtemp(join(tmpdir(), 'berth-soak-')))
    await writeFile(service.config, CONFIG)
    await service.run()
    await addUser(service.data, 'admin', 'pass word of admin')
    return service
  }

  get config(): string {
    return join(this.folder, 'config.yaml')
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  /** What was logged as an error, by all of its lives. */
  async errors(): Promise<string[]> {
    const errors: string[] = []
    for (let life = 1; life <= this.#starts; life++)
      errors.push(
        ...(await readFile(this.#log(life), 'utf8')).split('\n').filter((line) => /"level":"error"/.test(line)),
      )
    return errors
  }

  #log(life: number): string {
    return join(this.folder, `log-${life}`)
  }

  async run(): Promise<void> {
    const log = this.#log(++this.#starts)
    const args = ['serve', '--listen', '127.0.0.1:0', '--data', this.data, '--config', this.config]
    const child = Bun.spawn([...PROGRAM, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...(await databaseEnvironment(this.data)) },
      stdout: Bun.file(log),
      stderr: 'ignore',
    })
    this.#child = child
    let url: string | undefined
    await eventually(
      'the server listens',
      async () => {
        url = /"url":"([^"]+)"/.exec(await readFile(log, 'utf8').catch(() => ''))?.[1]
        return url !== undefined
      },
      30_000,
    )
    this.url = url ?? ''
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    child?.kill('SIGKILL')
    await child?.exited
  }

  command(...args: readonly string[]): Promise<CommandResult> {
    return berth([...args, '--data', this.data, '--config', this.config])
  }

  async close(): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }
}
