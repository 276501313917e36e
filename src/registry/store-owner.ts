import { randomId } from '../lib/ids.ts'
import { readJobState, writeJobState } from '../metadata/job-state.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { OWNER_KEY } from './recovery-keys.ts'
import type { Registry } from './registry.ts'

/** What a database calls itself, for as long as it is one: a copy of it is another. */
const IDENTITY = 'identity'

/** The objects belong to another database, which would lose them to the collector of this one. */
export class ForeignStoreError extends Error {}

function foreign(): ForeignStoreError {
  return new ForeignStoreError(
    'what is stored there belongs to the registry of another database, and two would remove each other’s objects: give this one a bucket, prefix or folder of its own. If that database is lost, "berth restore" or "berth rebuild" with --take-storage makes a new one of what is stored',
  )
}

/** Makes the store this database's own, unless it is another's. @throws ForeignStoreError */
export async function claimStore(registry: Pick<Registry, 'database' | 'blobs' | 'clock'>): Promise<void> {
  const owner = await findOwner(registry.blobs)
  const id = await identityOf(registry)
  if (owner === undefined) await putOwner(registry.blobs, id)
  else if (owner !== id) throw foreign()
}

/** Makes the store this database's own, whoever had it, under a new identity: it was made of a copy of another. */
export async function takeStore({
  database,
  blobs,
  clock,
}: Pick<Registry, 'database' | 'blobs' | 'clock'>): Promise<void> {
  const id = randomId()
  await database.write((tx) => writeJobState(tx, IDENTITY, { id }, clock.now()))
  await putOwner(blobs, id)
}

/** For whoever is about to fill it. @throws ForeignStoreError when anybody has it */
export async function requireNoOwner(blobs: BlobStore): Promise<void> {
  if ((await findOwner(blobs)) !== undefined) throw foreign()
}

/** Whether it is another database's by now. */
export async function isForeignStore(registry: Pick<Registry, 'database' | 'blobs' | 'clock'>): Promise<boolean> {
  const owner = await findOwner(registry.blobs)
  return owner !== undefined && owner !== (await identityOf(registry))
}

async function findOwner(blobs: BlobStore): Promise<string | undefined> {
  const found = await blobs.open(OWNER_KEY)
  return found && new TextDecoder().decode(await found.content.arrayBuffer()).trim()
}

async function putOwner(blobs: BlobStore, id: string): Promise<void> {
  await blobs.put(OWNER_KEY, new Blob([`${id}\n`]))
}

async function identityOf({ database, clock }: Pick<Registry, 'database' | 'clock'>): Promise<string> {
  const known = (await readJobState(database.reader, IDENTITY)) as { readonly id: string } | undefined
  if (known !== undefined) return known.id
  return database.write(async (tx) => {
    const made = ((await readJobState(tx, IDENTITY)) as { readonly id: string } | undefined) ?? { id: randomId() }
    await writeJobState(tx, IDENTITY, made, clock.now())
    return made.id
  })
}
