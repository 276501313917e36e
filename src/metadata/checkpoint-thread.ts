// The entry point of a thread: it copies the log of a database into its file when it is asked to.
import { Database as SqliteConnection } from 'bun:sqlite'
import type { CheckpointAnswer, CheckpointRequest, LogState } from './checkpoints.ts'

declare const self: Worker

/** Few enough to be copied while writers wait: about 2 MiB. */
const REST_PAGES = 500
/** Writers go on meanwhile, so what is left gets less each time, unless they are faster than the disk. */
const ROUNDS = 3
/** For how long the others' transactions may wait for a reader to end, before the log is left to grow. */
const RESTART_WAIT_MS = 20

let connection: SqliteConnection | undefined

self.onmessage = ({ data: request }: MessageEvent<CheckpointRequest>) => {
  self.postMessage(request.type === 'end' ? end() : answer(request.path))
}

function end(): CheckpointAnswer {
  connection?.close()
  connection = undefined
  return { type: 'ended' }
}

function answer(path: string): CheckpointAnswer {
  try {
    connection ??= open(path)
    checkpoint(connection)
    return { type: 'done' }
  } catch (error) {
    return { type: 'failed', code: String((error as { code?: unknown }).code), message: String(error) }
  }
}

/** `synchronous = normal` is what makes a checkpoint sync the log before it copies, and the file after. */
function open(path: string): SqliteConnection {
  const opened = new SqliteConnection(path, { readwrite: true, create: false })
  opened.run('pragma synchronous = normal')
  opened.run('pragma wal_autocheckpoint = 0')
  opened.run(`pragma busy_timeout = ${RESTART_WAIT_MS}`)
  return opened
}

function checkpoint(at: SqliteConnection): void {
  for (let round = 0; round < ROUNDS && unsaved(at) > REST_PAGES; round++) {
    const { log, checkpointed } = run(at, 'passive')
    if (checkpointed < log) return // Somebody reads what was before, or does the same as we.
  }
  // A log that writers never stop adding to is never copied whole: the rest is copied while they wait for their turn.
  if (run(at, 'restart').busy === 0) beginLog(at)
}

/** Whoever writes first syncs the new head of the log, in its commit: better here than on a thread that serves. */
function beginLog(at: SqliteConnection): void {
  const version = at.query<{ user_version: number }, []>('pragma user_version').get()?.user_version ?? 0
  try {
    at.run('begin immediate')
  } catch {
    return // Somebody else is first.
  }
  try {
    at.run(`pragma user_version = ${version}`)
    at.run('commit')
  } catch (error) {
    if (at.inTransaction) at.run('rollback')
    throw error
  }
}

function unsaved(at: SqliteConnection): number {
  const { log, checkpointed } = run(at, 'noop')
  return log - checkpointed
}

function run(at: SqliteConnection, mode: 'noop' | 'passive' | 'restart'): LogState & { busy: number } {
  const state = at.query<LogState & { busy: number }, []>(`pragma wal_checkpoint(${mode})`).get()
  if (state === null) throw new Error('a checkpoint has no result')
  return state
}
