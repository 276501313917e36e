import { Database as SqliteConnection } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'bun:test'
import { copyFileSync, existsSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../lib/clock.ts'
import { parseRepositoryName } from '../oci/name.ts'
import type { CheckpointAnswer, LogState } from './checkpoints.ts'
import type { Database } from './db.ts'
import { ensureRepository, findRepository } from './repositories.ts'
import { openSqlite } from './sqlite.ts'

const PAGES = 100
const PAGE_BYTES = 4096
const TheWorker = globalThis.Worker

let folder = ''
let path = ''
let broken: Error[] = []
let count = 0

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-checkpoints-'))
  path = join(folder, 'berth.db')
  broken = []
})
afterEach(async () => {
  globalThis.Worker = TheWorker
  await rm(folder, { recursive: true, force: true })
})

function open(): Promise<Database> {
  return openSqlite({
    path,
    clock: systemClock,
    onBroken: (error) => broken.push(error),
    checkpointThread: true,
    checkpointPages: PAGES,
  })
}

/** Threads that are started from now on, with what they answer. */
function watchThreads() {
  const threads: Worker[] = []
  const answers: CheckpointAnswer[] = []
  let told = () => {}
  globalThis.Worker = class extends TheWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options)
      threads.push(this)
      this.addEventListener('message', ({ data }: MessageEvent<CheckpointAnswer>) => {
        answers.push(data)
        told()
      })
    }
  }
  const answered = async (times: number) => {
    while (answers.length < times)
      await new Promise<void>((resolve) => {
        told = resolve
      })
  }
  return { threads, answers, answered }
}

async function writeOne(database: Database): Promise<string> {
  const name = `checkpoints/${count++}`
  await database.writeRelaxed((tx) => ensureRepository(tx, parseRepositoryName(name), new Date(0)))
  return name
}

async function writeWhile(database: Database, isMore: () => boolean): Promise<string[]> {
  const names: string[] = []
  while (isMore()) {
    names.push(await writeOne(database))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return names
}

/** Writes without a pause for the thread to answer in. */
async function writeTimes(database: Database, times: number): Promise<string[]> {
  const names: string[] = []
  for (let index = 0; index < times; index++) names.push(await writeOne(database))
  return names
}

async function missing(database: Database, names: readonly string[]): Promise<string[]> {
  const lost: string[] = []
  for (const name of names)
    if ((await findRepository(database.reader, parseRepositoryName(name))) === undefined) lost.push(name)
  return lost
}

function logState(): LogState {
  const connection = new SqliteConnection(path, { readwrite: true, create: false })
  const state = connection.query<LogState, []>('pragma wal_checkpoint(noop)').get()
  connection.close()
  return state ?? { log: -1, checkpointed: -1 }
}

describe('a log that has grown', () => {
  it('is copied by a thread that is started for it, and begins anew', async () => {
    const { threads, answers, answered } = watchThreads()
    const database = await open()
    await writeOne(database)
    expect(threads).toHaveLength(0)
    const names = await writeWhile(database, () => threads.length === 0)
    await answered(1)
    expect(answers).toEqual([{ type: 'done' }])
    const { log, checkpointed } = logState()
    expect(log - checkpointed).toBeLessThan(PAGES / 2)
    // The file alone, without the log.
    const alone = join(folder, 'alone.db')
    copyFileSync(path, alone)
    const copy = new SqliteConnection(alone)
    const known = copy.query<{ name: string }, []>('select name from repositories').values().flat()
    copy.close()
    expect(names.slice(0, -PAGES / 2).filter((name) => !known.includes(name))).toEqual([])
    await database.close()
  })

  it('stays short while writers never stop, with one thread', async () => {
    const { threads, answered, answers } = watchThreads()
    const database = await open()
    const names: string[] = []
    let begunAnew = 0
    for (let before = logState().log; answers.length < 20 || begunAnew === 0;) {
      names.push(await writeOne(database))
      await database.probe()
      const { log } = logState()
      if (log < before) begunAnew++
      before = log
    }
    await answered(20)
    expect(threads).toHaveLength(1)
    expect(begunAnew).toBeGreaterThan(5)
    expect(statSync(`${path}-wal`).size).toBeLessThan(PAGES * 12 * PAGE_BYTES)
    expect(await missing(database, names)).toEqual([])
    expect(await database.integrityErrors()).toEqual([])
    await database.close()
  })

  it('is copied in the commit when the thread does not come to it', async () => {
    globalThis.Worker = class extends EventTarget {
      onmessage = undefined
      postMessage() {}
      terminate() {}
    } as never
    const database = await open()
    const connection = new SqliteConnection(path)
    await writeTimes(database, PAGES * 10)
    connection.close()
    expect(statSync(`${path}-wal`).size).toBeLessThan(PAGES * 5 * PAGE_BYTES)
  })

  it('is copied in commits from then on when there can be no thread', async () => {
    globalThis.Worker = class extends TheWorker {
      constructor(_url: string | URL, options?: WorkerOptions) {
        super('file:///nowhere/thread.ts', options)
      }
    }
    const database = await open()
    let lost = false
    const inner = globalThis.Worker
    globalThis.Worker = class extends inner {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options)
        this.addEventListener('close', () => {
          lost = true
        })
      }
    }
    const names = await writeWhile(database, () => !lost)
    names.push(...(await writeTimes(database, PAGES * 4)))
    const { log } = logState()
    expect(log).toBeLessThan(PAGES + 20)
    expect(await missing(database, names)).toEqual([])
    await database.close()
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  it('is kept while somebody reads what was before, and copied after', async () => {
    const { answered } = watchThreads()
    const database = await open()
    await writeOne(database)
    const reader = new SqliteConnection(path)
    reader.run('begin')
    const seen = () => reader.query<{ n: number }, []>('select count(*) as n from repositories').get()?.n
    const before = seen()
    const names = await writeTimes(database, PAGES * 6)
    await answered(1)
    expect(seen()).toBe(before)
    reader.run('commit')
    reader.close()
    const unsaved = ({ log, checkpointed }: LogState) => log - checkpointed
    expect(unsaved(logState())).toBeGreaterThan(PAGES)
    names.push(...(await writeWhile(database, () => unsaved(logState()) >= PAGES)))
    expect(await missing(database, names)).toEqual([])
    await database.close()
  })
})

it('closing waits for the checkpoint under way, and leaves no log', async () => {
  const { threads, answers, answered } = watchThreads()
  const database = await open()
  const names = await writeWhile(database, () => threads.length === 0)
  await answered(1)
  names.push(...(await writeTimes(database, PAGES * 3)))
  await database.close()
  // One at the least was asked for meanwhile, whether or not it was answered before the end.
  expect(answers.slice(1, -1)).toContainEqual({ type: 'done' })
  expect(answers.at(-1)).toEqual({ type: 'ended' })
  expect(existsSync(`${path}-wal`)).toBe(false)
  const again = await open()
  expect(await missing(again, names)).toEqual([])
  await again.close()
})

it('a file that could not be synced ends all writing', async () => {
  globalThis.Worker = class extends EventTarget {
    onmessage: ((event: { data: CheckpointAnswer }) => void) | undefined
    postMessage() {
      this.onmessage?.({ data: { type: 'failed', code: 'SQLITE_IOERR_FSYNC', message: 'disk I/O error' } })
    }
    terminate() {}
  } as never
  const database = await open()
  await expect(writeTimes(database, PAGES * 2)).rejects.toThrow('restart when the disk is well')
  expect(broken).toHaveLength(1)
})

describe('a process with a thread at work', () => {
  const module = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)
  const script = (end: string) => `
    const { openSqlite } = await import(${module('sqlite.ts')})
    const { systemClock } = await import(${module('../lib/clock.ts')})
    const { ensureRepository } = await import(${module('repositories.ts')})
    const { writeSync } = await import('node:fs')
    let asked = 0
    const post = Worker.prototype.postMessage
    Worker.prototype.postMessage = function (...args) { asked++; return post.apply(this, args) }
    const [path, times] = process.argv.slice(-2)
    const database = await openSqlite({
      path, clock: systemClock, onBroken: () => process.exit(3), checkpointThread: true, checkpointPages: ${PAGES} })
    for (let index = 0; asked < Number(times); index++) {
      const name = 'process/' + process.pid + '-' + index
      await database.write((tx) => ensureRepository(tx, name, new Date(0)))
      writeSync(1, name + '\\n')
    }
    ${end}`

  async function live(end: string, times: number) {
    const child = Bun.spawn([process.execPath, '-e', script(end), path, String(times)], { stderr: 'inherit' })
    const text = await new Response(child.stdout).text()
    return { code: await child.exited, signal: child.signalCode, names: text.split('\n').slice(0, -1) }
  }

  it.each([
    ['ends when it has closed the database', 'await database.close()', 0],
    ['ends when it asks to', 'process.exit(7)', 7],
    ['ends when it has nothing more to do', '', 0],
  ])('%s, and loses nothing', async (_name, end, code) => {
    const child = await live(end, 2)
    expect(child.code).toBe(code)
    const database = await open()
    expect(await missing(database, child.names)).toEqual([])
    expect(await database.integrityErrors()).toEqual([])
    await database.close()
  })

  it('loses nothing when it is killed, again and again', async () => {
    for (const times of [1, 2, 3, 4, 6]) {
      const child = await live("process.kill(process.pid, 'SIGKILL')", times)
      expect(child.signal).toBe('SIGKILL')
      expect(child.names.length).toBeGreaterThan(0)
      const database = await open()
      expect(await missing(database, child.names)).toEqual([])
      expect(await database.integrityErrors()).toEqual([])
      await database.close()
    }
  })
})
