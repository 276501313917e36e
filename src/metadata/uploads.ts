import { sql } from 'kysely'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Executor, Transaction } from './db.ts'
import { prepare } from './prepared.ts'
import type { UploadState } from './schema.ts'

/** Who may touch an upload: all three must agree, or there is no such upload (CVE-2026-32589). */
export interface UploadIdentity {
  readonly id: string
  readonly repository: RepositoryName
  readonly principal: string
}

export interface UploadRecord {
  readonly id: string
  readonly state: UploadState
  readonly writer: string | undefined
  /** Who started it, or wrote to it last and ended. */
  readonly lastWriter: string | undefined
  readonly digest: Digest | undefined
}

interface UploadRow {
  id: string
  state: UploadState
  writer: string | null
  last_writer: string | null
  digest: Digest | null
}

const insert = prepare<
  UploadIdentity & {
    state: UploadState
    writer: string | null
    by: string
    digest: Digest | null
    now: number
  },
  never
>((db, parameter) =>
  db.insertInto('uploads').values({
    id: parameter('id'),
    repository: parameter('repository'),
    principal: parameter('principal'),
    state: parameter('state'),
    writer: parameter('writer'),
    last_writer: parameter('by'),
    digest: parameter('digest'),
    created_at: parameter('now'),
    updated_at: parameter('now'),
  }),
)

const find = prepare<UploadIdentity, UploadRow>((db, parameter) =>
  db
    .selectFrom('uploads')
    .select(['id', 'state', 'writer', 'last_writer', 'digest'])
    .where('id', '=', parameter('id'))
    .where('repository', '=', parameter('repository'))
    .where('principal', '=', parameter('principal')),
)

const take = prepare<
  UploadIdentity & { to: UploadState; writer: string; digest: Digest | null; now: number },
  { last_writer: string | null }
>((db, parameter) =>
  db
    .updateTable('uploads')
    .set({
      state: parameter('to'),
      writer: parameter('writer'),
      digest: parameter('digest'),
      updated_at: parameter('now'),
    })
    .where('id', '=', parameter('id'))
    .where('repository', '=', parameter('repository'))
    .where('principal', '=', parameter('principal'))
    .where(({ and, eb, or }) =>
      or([
        and([eb('state', '=', 'open'), eb('writer', 'is', null)]),
        and([eb('state', '!=', 'done'), eb('writer', '=', parameter('writer'))]),
      ]),
    )
    .returning('last_writer'),
)

const move = prepare<
  { id: string; from: UploadState; to: UploadState; writer: string; digest: Digest | null; now: number },
  { id: string }
>((db, parameter) =>
  db
    .updateTable('uploads')
    .set(({ ref }) => ({
      state: parameter('to'),
      last_writer: ref('uploads.writer'),
      writer: null,
      digest: parameter('digest'),
      updated_at: parameter('now'),
    }))
    .where('id', '=', parameter('id'))
    .where('state', '=', parameter('from'))
    .where('writer', '=', parameter('writer'))
    .returning('id'),
)

const finishNew = prepare<UploadIdentity & { writer: string; digest: Digest; now: number }, { id: string }>(
  (db, parameter) =>
    db
      .updateTable('uploads')
      .set({ state: 'done', digest: parameter('digest'), updated_at: parameter('now') })
      .where('id', '=', parameter('id'))
      .where('repository', '=', parameter('repository'))
      .where('principal', '=', parameter('principal'))
      .where('state', '=', 'open')
      .where('writer', 'is', null)
      .where('last_writer', '=', parameter('writer'))
      .returning('id'),
)

/** What a process does to an upload that it alone may touch for the time being. */
export interface UploadHold {
  readonly writer: string
  readonly now: Date
  /** Set when the upload is being finished as this. */
  readonly digest?: Digest
}

/** `by`: the process that starts it. */
export async function addUpload(tx: Transaction, upload: UploadIdentity, by: string, now: Date): Promise<void> {
  await insert(tx, { ...upload, state: 'open', writer: null, by, digest: null, now: now.getTime() })
}

/** An upload that arrives in one request: it is being finished from the start. */
export async function addFinalisingUpload(
  tx: Transaction,
  upload: UploadIdentity,
  hold: Required<UploadHold>,
): Promise<void> {
  const { writer, digest } = hold
  await insert(tx, { ...upload, state: 'finalising', writer, by: writer, digest, now: hold.now.getTime() })
}

export async function findUpload(executor: Executor, upload: UploadIdentity): Promise<UploadRecord | undefined> {
  const [row] = await find(executor, upload)
  return row && toRecord(row)
}

/**
 * Makes this process the one writer of an upload that has none, or that this process was writing to and could not give
 * up because the database failed. Which of its requests that is must be known to the process itself. Returns who wrote
 * to it before, or undefined when it cannot be had.
 */
export async function acquireWriter(
  tx: Transaction,
  upload: UploadIdentity,
  hold: UploadHold,
): Promise<{ readonly lastWriter: string | undefined } | undefined> {
  const rows = await take(tx, {
    ...upload,
    to: hold.digest === undefined ? 'open' : 'finalising',
    writer: hold.writer,
    digest: hold.digest ?? null,
    now: hold.now.getTime(),
  })
  const [taken] = rows
  return taken && { lastWriter: taken.last_writer ?? undefined }
}

interface UploadMove {
  readonly from: UploadState
  readonly to: UploadState
  /** Who writes to it: a process that stood still until another went on with it has lost it. */
  readonly writer: string
  readonly digest?: Digest
  readonly now: Date
}

/** Compare-and-set of the state, leaving it without a writer; false when the upload is gone, another's or in another state. */
export async function moveUpload(tx: Transaction, id: string, to: UploadMove): Promise<boolean> {
  const { digest, now, ...rest } = to
  const rows = await move(tx, { id, ...rest, digest: digest ?? null, now: now.getTime() })
  return rows.length > 0
}

/**
 * An upload of which nobody but this process received anything is done at once, without having been taken before; false
 * when it is gone, another's, or not one of those.
 */
export async function finishNewUpload(
  tx: Transaction,
  upload: UploadIdentity,
  { writer, digest, now }: Required<UploadHold>,
): Promise<boolean> {
  return (await finishNew(tx, { ...upload, writer, digest, now: now.getTime() })).length > 0
}

/** Removes an upload that is in that state, and has that writer if one is named; returns whether it was. */
export async function removeUpload(tx: Transaction, id: string, state: UploadState, writer?: string): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('uploads')
    .where('id', '=', id)
    .where('state', '=', state)
    .$if(writer !== undefined, (query) => query.where('writer', '=', writer ?? ''))
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Removes an upload that still is as `findIdleUploads` found it; returns whether it was. */
export async function removeIdleUpload(
  tx: Transaction,
  id: string,
  state: UploadState,
  before: Date,
): Promise<boolean> {
  const { numDeletedRows } = await tx.db
    .deleteFrom('uploads')
    .where('id', '=', id)
    .where('state', '=', state)
    .where('writer', 'is', null)
    .where('updated_at', '<', before.getTime())
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Uploads in a state that nobody touched since a moment and nobody writes to. */
export async function findIdleUploads(
  executor: Executor,
  state: UploadState,
  before: Date,
): Promise<{ readonly id: string }[]> {
  return executor.db
    .selectFrom('uploads')
    .select('id')
    .where('state', '=', state)
    .where('writer', 'is', null)
    .where('updated_at', '<', before.getTime())
    .orderBy('updated_at')
    .limit(1000)
    .execute()
}

/** Uploads that have a writer. */
export async function findHeldUploads(executor: Executor): Promise<(UploadRecord & { readonly writer: string })[]> {
  const rows = await executor.db
    .selectFrom('uploads')
    .select(['id', 'state', 'writer', 'last_writer', 'digest'])
    .where('writer', 'is not', null)
    .execute()
  return rows.map((row) => ({ ...toRecord(row), writer: row.writer ?? '' }))
}

function toRecord({ id, state, writer, last_writer, digest }: UploadRow): UploadRecord {
  return {
    ...{ id, state, writer: writer ?? undefined },
    ...{ lastWriter: last_writer ?? undefined, digest: digest ?? undefined },
  }
}

export async function uploadExists(executor: Executor, id: string): Promise<boolean> {
  const row = await executor.db
    .selectFrom('uploads')
    .select('id')
    .where('id', '=', id)
    .where('state', '!=', 'done')
    .executeTakeFirst()
  return row !== undefined
}

/** As text, not as a parameter: only so SQLite sees that the index of open uploads has them all. */
const OPEN = sql<boolean>`state = 'open'`

const openOfPrincipal = prepare<{ principal: string; skip: number }, { id: string }>((db, parameter) =>
  db
    .selectFrom('uploads')
    .select('id')
    .where('principal', '=', parameter('principal'))
    .where(OPEN)
    .limit(1)
    .offset(parameter('skip')),
)

const openOfRepository = prepare<{ repository: RepositoryName; skip: number }, { id: string }>((db, parameter) =>
  db
    .selectFrom('uploads')
    .select('id')
    .where('repository', '=', parameter('repository'))
    .where(OPEN)
    .limit(1)
    .offset(parameter('skip')),
)

/** Whether a principal has that many unfinished uploads. Reads no more of them than that. */
export async function hasOpenUploadsBy(executor: Executor, principal: string, count: number): Promise<boolean> {
  return (await openOfPrincipal(executor, { principal, skip: Math.max(0, count - 1) })).length > 0
}

/** The same of a repository. */
export async function hasOpenUploadsTo(executor: Executor, name: RepositoryName, count: number): Promise<boolean> {
  return (await openOfRepository(executor, { repository: name, skip: Math.max(0, count - 1) })).length > 0
}
