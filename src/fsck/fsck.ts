import { allBlobs, type BlobRecord, findStoredBlob, readSmallBlob } from '../metadata/blobs.ts'
import type { Database, Executor } from '../metadata/db.ts'
import { isTrash } from '../metadata/trash.ts'
import { uploadExists } from '../metadata/uploads.ts'
import { isRecoveryKey } from '../registry/recovery-keys.ts'
import { computeDigest } from '../registry/running-hashes.ts'
import { uploadOf } from '../registry/storage-key.ts'
import type { BlobStore, Content } from '../storage/blob-store.ts'
import { PlaceAway } from '../storage/adopted/place-away.ts'
import { unlessDamaged } from '../storage/damaged-object.ts'
import { checkRows } from './check-rows.ts'
import { isStorageKeyUsed, wrongCounts } from './store.ts'

export interface Finding {
  /** `error`: something that was promised cannot be kept. `note`: left over from a crash, and harmless. */
  readonly severity: 'error' | 'note'
  readonly problem: string
}

export interface FsckReport {
  readonly findings: readonly Finding[]
  readonly errors: number
  readonly blobs: number
  readonly bytes: number
  readonly manifests: number
  readonly tags: number
}

export interface FsckParts {
  readonly database: Database
  readonly blobs: BlobStore
  /** Manifests may name what was never pushed: a note then, no error. */
  readonly allowSparse: boolean
}

/** Checks every row against every stored byte, and every stored byte against its row. `quick` compares sizes only. */
export async function check(parts: FsckParts, { quick }: { readonly quick: boolean }): Promise<FsckReport> {
  const findings: Finding[] = []
  const found = (severity: Finding['severity'], problem: string) => void findings.push({ severity, problem })
  for (const problem of await parts.database.integrityErrors()) found('error', `database: ${problem}`)

  const keys = new Set<string>()
  const away = new Map<string, number>()
  let bytes = 0
  let blobCount = 0
  for await (const blob of allBlobs(parts.database.reader)) {
    blobCount++
    if (blob.storageKey !== undefined) keys.add(blob.storageKey)
    bytes += blob.sizeBytes
    const problem = await lastingProblem(parts.database.reader, blob, () => problemOf(parts, blob, quick)).catch(
      orAway(away),
    )
    if (problem !== undefined) found('error', problem)
  }
  for (const [problem, count] of away) found('error', `${count} blobs were not checked: ${problem}`)
  const { manifests, tags } = await checkRows(parts.database.reader, {
    damaged: (problem) => found('error', problem),
    incomplete: (problem, fromUpstream) =>
      fromUpstream
        ? found('note', `${problem}, and comes from its upstream when it is pulled`)
        : found(parts.allowSparse ? 'note' : 'error', problem),
  })
  for (const problem of await wrongCounts(parts.database.reader)) found('error', problem)
  await checkObjects(parts, keys, found)
  const errors = findings.filter((finding) => finding.severity === 'error').length
  return { findings, errors, blobs: blobCount, bytes, manifests, tags }
}

/** A collector beside us may take a blob while we look: what its row no longer says is no problem. */
async function lastingProblem(
  executor: Executor,
  { digest, storageKey }: BlobRecord,
  look: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const problem = await look()
  if (problem === undefined) return undefined
  const now = await findStoredBlob(executor, digest)
  return now !== undefined && now.storageKey === storageKey ? problem : undefined
}

async function problemOf(
  { database, blobs }: FsckParts,
  blob: BlobRecord,
  quick: boolean,
): Promise<string | undefined> {
  const { storageKey } = blob
  return storageKey === undefined
    ? checkSmallBlob(database.reader, blob)
    : checkBlob(blobs, { ...blob, storageKey }, quick)
}

/** Counts blobs of adopted places that cannot be read by the reason: it is the same for all of them. */
function orAway(counts: Map<string, number>): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof PlaceAway)) throw error
    counts.set(error.message, (counts.get(error.message) ?? 0) + 1)
  }
}

/** Clients send again only what the registry says it does not have, and other bytes of the same length nobody notices. */
function remedy({ damaged }: BlobRecord): string {
  return damaged ? 'push it again' : 'run "berth scrub run", so that it is not served, and push it again'
}

async function checkSmallBlob(executor: Executor, blob: BlobRecord): Promise<string | undefined> {
  const { digest } = blob
  const content = await readSmallBlob(executor, digest)
  if (content === undefined) return `blob ${digest}: its bytes are missing from its row; ${remedy(blob)}`
  const actual = await computeDigest(new Blob([new Uint8Array(content)]), digest)
  return actual === digest
    ? undefined
    : `blob ${digest}: the bytes in its row have changed, they are ${actual} now; ${remedy(blob)}`
}

async function checkBlob(
  blobs: BlobStore,
  blob: BlobRecord & { readonly storageKey: string },
  quick: boolean,
): Promise<string | undefined> {
  const found = await blobs.stat(blob.storageKey)
  if (found === undefined) return `blob ${blob.digest}: its bytes are missing at ${blob.storageKey}; push it again`
  if (found.sizeBytes !== blob.sizeBytes)
    return `blob ${blob.digest}: has ${found.sizeBytes} bytes instead of ${blob.sizeBytes}; push it again`
  if (quick) return undefined
  const opened = await blobs.open(blob.storageKey)
  if (opened === undefined) return `blob ${blob.digest}: its bytes went from ${blob.storageKey} just now`
  const problem = await unlessDamaged(changeIn(opened.content, blob), ({ message }) => message)
  return problem && `blob ${blob.digest}: ${problem}; ${remedy(blob)}`
}

async function changeIn(content: Content, { digest }: BlobRecord): Promise<string | undefined> {
  const actual = await computeDigest(content, digest)
  return actual === digest ? undefined : `its bytes have changed, they are ${actual} now`
}

/** Objects that the metadata does not know, except those that a push has just put there and is about to enter. */
async function checkObjects(
  { database, blobs }: FsckParts,
  keys: ReadonlySet<string>,
  found: (severity: 'note', problem: string) => void,
): Promise<void> {
  for await (const { key, sizeBytes } of blobs.list()) {
    if (keys.has(key) || isRecoveryKey(key)) continue
    if (await isStorageKeyUsed(database.reader, key)) continue
    if (await uploadExists(database.reader, uploadOf(key))) continue
    const why = (await isTrash(database.reader, key))
      ? 'they wait to be removed'
      : 'left by a push that did not end, or replaced before a rebuild; the server removes them in two or three days'
    found('note', `${key}: ${sizeBytes} bytes that no blob refers to: ${why}`)
  }
}
