import { addBlob, findStoredBlob, type NewBlob, replaceBlob } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { addTrash } from '../metadata/trash.ts'
import { type Digest, isDigest, parseDigest } from '../oci/digest.ts'
import { isRecoveryKey } from '../registry/recovery-keys.ts'
import type { Registry } from '../registry/registry.ts'
import { computeDigest } from '../registry/running-hashes.ts'
import type { AdoptedObjects, StorageKey, StoredObject } from '../storage/blob-store.ts'
import { unlessDamaged } from '../storage/damaged-object.ts'

const BATCH = 500

export interface EnteredBlobs {
  readonly objects: number
  readonly bytes: number
  readonly problems: readonly string[]
}

/**
 * A row for every object in the store. Of several with one digest the sound one is taken, and the rest goes to the
 * trash. `verify` reads every object and leaves out what is damaged.
 */
export async function enterBlobs(registry: Registry, { verify }: { readonly verify: boolean }): Promise<EnteredBlobs> {
  const problems: string[] = []
  let [objects, bytes] = [0, 0]
  let batch: (StoredObject & { digest: Digest })[] = []
  const flush = async () => {
    const sound: typeof batch = []
    for (const object of batch)
      if (!verify || (await isSound(registry, object))) sound.push(object)
      else problems.push(`${object.key}: its bytes are damaged, so it was left out`)
    const entered = await enterBatch(registry, sound)
    objects += entered.length
    bytes += entered.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    batch = []
  }
  for await (const object of registry.blobs.list()) {
    if (isRecoveryKey(object.key)) continue
    const digest = digestOfKey(object.key) ?? (await digestOfObject(registry, object.key))
    if (digest === undefined) problems.push(`${object.key}: no blob is called so`)
    else batch.push({ ...object, digest })
    if (batch.length >= BATCH) await flush()
  }
  await flush()
  const adopted = await enterAdopted(registry)
  return { objects: objects + adopted.objects, bytes: bytes + adopted.bytes, problems }
}

/** What lies in trees that are adopted, and not here. */
async function enterAdopted({ database, blobs, clock }: Registry): Promise<Omit<EnteredBlobs, 'problems'>> {
  let [objects, bytes] = [0, 0]
  let batch: NewBlob[] = []
  const flush = async () => {
    const entered = await database.writeRelaxed(async (tx) => {
      const fresh: NewBlob[] = []
      for (const blob of batch) if (await addBlob(tx, blob, clock.now())) fresh.push(blob)
      return fresh
    })
    objects += entered.length
    bytes += entered.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    batch = []
  }
  for await (const { digest, key, sizeBytes } of blobs.adopted?.list() ?? NONE) {
    batch.push({ digest, sizeBytes, storageKey: key, content: undefined })
    if (batch.length >= BATCH) await flush()
  }
  await flush()
  return { objects, bytes }
}

const NONE: ReturnType<AdoptedObjects['list']> = (async function* () {})()

type Placed = StoredObject & { readonly digest: Digest }

async function enterBatch(registry: Registry, batch: readonly Placed[]): Promise<readonly Placed[]> {
  const { entered, twice } = await registry.database.writeRelaxed(async (tx) => {
    const lists = { entered: [] as Placed[], twice: [] as Placed[] }
    for (const object of batch) {
      const list = (await enter(registry, tx, object)) ? lists.entered : lists.twice
      list.push(object)
    }
    return lists
  })
  for (const object of twice) await settleTwice(registry, object)
  return entered
}

function enter({ clock }: Registry, tx: Transaction, { digest, key, sizeBytes }: Placed): Promise<boolean> {
  return addBlob(tx, { digest, sizeBytes, storageKey: key, content: undefined }, clock.now())
}

/** Two objects of one digest: the one that is entered stays unless it is the one that is damaged. */
async function settleTwice(registry: Registry, second: Placed): Promise<void> {
  const { database, clock, keeping } = registry
  const first = await findStoredBlob(database.reader, second.digest)
  if (first?.storageKey === undefined) return
  const isFirstSound = await isSound(registry, { key: first.storageKey, digest: second.digest })
  const replace = !isFirstSound && (await isSound(registry, second))
  const [keep, drop] = replace
    ? [second, { key: first.storageKey, sizeBytes: first.sizeBytes }]
    : [{ key: first.storageKey, sizeBytes: first.sizeBytes }, second]
  await database.writeRelaxed(async (tx) => {
    if (replace)
      await replaceBlob(tx, {
        digest: second.digest,
        sizeBytes: keep.sizeBytes,
        storageKey: keep.key,
        content: undefined,
      })
    const deleteAfter = new Date(clock.now().getTime() + keeping.trashDelayMs)
    await addTrash(tx, { storageKey: drop.key, sizeBytes: drop.sizeBytes, deleteAfter })
  })
}

async function isSound(
  { blobs }: Registry,
  { key, digest }: { readonly key: StorageKey; readonly digest: Digest },
): Promise<boolean> {
  const found = await blobs.open(key)
  if (found === undefined) return false
  return (await unlessDamaged(computeDigest(found.content, digest), () => undefined)) === digest
}

/** `o/ab/<upload>` */
const NAMELESS = /^o\/[^/]+\/[^/]+$/
const SHA256 = parseDigest(`sha256:${'0'.repeat(64)}`)

/** Of a store that names its objects before it knows their digest. */
async function digestOfObject({ blobs }: Registry, key: StorageKey): Promise<Digest | undefined> {
  const found = NAMELESS.test(key) ? await blobs.open(key) : undefined
  return found && unlessDamaged(computeDigest(found.content, SHA256), () => undefined)
}

/** `sha256/ab/abcd….<generation>` */
function digestOfKey(key: StorageKey): Digest | undefined {
  const match = /^(sha256|sha512)\/[0-9a-f]{2}\/([0-9a-f]+)\.[^/]+$/.exec(key)
  const digest = `${match?.[1]}:${match?.[2]}`
  return isDigest(digest) ? digest : undefined
}
