import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Contestant,
  startBerth,
  startDistribution,
  startPeer,
  startSecuredBerth,
  startZot,
} from './contestants.ts'
import { allBlobs, type DataSet, makeDataSet } from './data-set.ts'
import type { Limit } from './limits.ts'
import { bearerHeaders, writeHtpasswd } from './login.ts'
import { startNginx } from './nginx.ts'
import type { Options } from './options.ts'
import type { Result } from './result.ts'
import { type Headers, layPeerBlobs, pushBlobs, pushImage, pushManifest } from './seed.ts'
import type { Server } from './server.ts'
import { find, type Tool } from './tools.ts'

/** What the others need; those of Go modules are not in every machine's packages. */
const PROGRAMS: Readonly<Partial<Record<Contestant, Tool>>> = {
  peer: 'docker-registry',
  distribution: 'distribution',
  zot: 'zot',
  nginx: 'nginx',
}
const GO_PEERS: readonly Contestant[] = ['distribution', 'zot']
const OURS: readonly Contestant[] = ['berth', 'secured']

/** A row that was not measured, and why. */
export interface Skipped {
  readonly row: number
  readonly reason: string
}

/** One run: the options, the data, the servers (each started and filled when first asked for) and what came out. */
export class Lab {
  readonly options: Options
  readonly dir: string
  readonly results: Result[] = []
  readonly skipped: Skipped[] = []
  readonly limits: Limit[] = []
  readonly failed = new Set<number>()
  readonly #servers = new Map<Contestant, Promise<Server>>()
  #data: DataSet | undefined

  constructor(options: Options, dir: string) {
    this.options = options
    this.dir = dir
    mkdirSync(dir, { recursive: true })
  }

  get data(): DataSet {
    if (this.#data === undefined) this.#say('making the data set')
    this.#data ??= makeDataSet(this.dir, this.options.quick)
    return this.#data
  }

  /** Those of the wanted contestants whose programs are here; the missing ones are named in the report. */
  present(row: number, wanted: readonly Contestant[]): Contestant[] {
    return wanted.filter((who) => {
      if (this.options.profile && !OURS.includes(who)) return false
      if (this.options.quick && GO_PEERS.includes(who)) return false
      const program = PROGRAMS[who]
      return program === undefined || this.has(row, program)
    })
  }

  /** Whether a program is installed; when it is not, the row is noted as skipped. */
  has(row: number, tool: Tool): boolean {
    if (find(tool) !== undefined) return true
    this.skip(row, `${tool} is not installed${tool === 'distribution' ? ' (bun bench/support/go-peers.ts)' : ''}`)
    return false
  }

  skip(row: number, reason: string): void {
    if (!this.skipped.some((entry) => entry.row === row && entry.reason === reason)) this.skipped.push({ row, reason })
  }

  /** A wrong answer fails the run, but the other rows are still worth having. */
  fail(row: number, error: unknown): void {
    this.failed.add(row)
    const reason = error instanceof Error ? error.message : String(error)
    this.skip(row, `FAILED: ${reason}`)
    this.#say(`row ${row} failed: ${reason}`)
  }

  add(result: Result): void {
    this.results.push(result)
    this.#say(`row ${result.row}: ${result.what}: done`)
  }

  server(who: Contestant): Promise<Server> {
    const known = this.#servers.get(who)
    if (known !== undefined) return known
    this.#say(`starting and filling ${who}`)
    const started = this.#start(who)
    this.#servers.set(who, started)
    return started
  }

  /** What a client sends with every request: a fresh token where one is needed. */
  async headers(who: Contestant): Promise<Headers> {
    return who === 'secured' ? bearerHeaders((await this.server(who)).url) : {}
  }

  /** An empty folder for servers that live for one row only. */
  scratch(name: string): string {
    const dir = join(this.dir, name)
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir, { recursive: true })
    return dir
  }

  async close(): Promise<void> {
    for (const starting of this.#servers.values()) {
      const server = await starting.catch(() => undefined)
      await server?.stop()
    }
    this.remove()
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }

  async #start(who: Contestant): Promise<Server> {
    const dir = this.scratch(who)
    const { data } = this
    switch (who) {
      case 'nginx':
        return startNginx({ dir }, data.filesDir)
      case 'peer':
      case 'distribution': {
        layPeerBlobs(join(dir, 'store'), allBlobs(data))
        const server = await (who === 'peer' ? startPeer({ dir }) : startDistribution({ dir }))
        await pushManifest(server.url, data.image, 't1')
        return server
      }
      case 'berth':
      case 'zot': {
        const server = await (who === 'berth' ? startBerth({ dir }) : startZot({ dir }, { commit: false }))
        await pushBlobs(server.url, allBlobs(data))
        await pushManifest(server.url, data.image, 't1')
        return server
      }
      case 'secured': {
        const htpasswd = join(dir, 'htpasswd')
        await writeHtpasswd(htpasswd)
        const server = await startSecuredBerth(dir, htpasswd)
        await pushImage(server.url, data.image, await bearerHeaders(server.url))
        return server
      }
    }
  }

  #say(text: string): void {
    process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)
  }
}
