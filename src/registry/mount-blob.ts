import type { Actor } from '../lib/actor.ts'
import { holdsBlob, linkBlob } from '../metadata/blob-links.ts'
import { findBlob, findHolders, findLinkedSize } from '../metadata/blobs.ts'
import type { Transaction } from '../metadata/db.ts'
import { ensureRepository, findRepository } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { checkGuards, type Operation, recordOperation } from './operation.ts'
import type { Registry } from './registry.ts'

export interface Mount {
  readonly digest: Digest
  readonly to: RepositoryName
  /** Undefined: from any repository that the caller may pull. */
  readonly from: RepositoryName | undefined
  readonly actor: Actor
  readonly mayPull: (name: RepositoryName) => Promise<boolean>
}

/** Holders of a popular layer that are tried before a mount without a source gives up. */
const MAX_HOLDERS = 100

/**
 * end-11. Gives a repository a blob that another one has; false when that cannot be. Why not is never told: absent and
 * forbidden look alike (CVE-2024-39897 class).
 */
export async function mountBlob(registry: Registry, mount: Mount): Promise<boolean> {
  const source = await findSource(registry, mount)
  if (source === undefined) return false
  return registry.database.write(async (tx) => {
    const sizeBytes = await sizeIn(tx, source, mount.digest)
    if (sizeBytes === undefined) return false
    const { to: repository, digest, actor } = mount
    const now = registry.clock.now()
    const { id: repositoryId, isNew: createsRepository } = await ensureRepository(tx, repository, now)
    const isNew = !(await holdsBlob(tx, repositoryId, digest))
    const operation: Operation = {
      type: 'push-blob',
      ...{ repository, repositoryId, actor, digest, sizeBytes, isNew, createsRepository },
    }
    await checkGuards(registry.guards, operation, tx)
    await linkBlob(tx, { repository: repositoryId, digest, now, leaseMs: registry.keeping.leaseMs })
    await recordOperation(registry, operation, tx)
    return true
  }, mount.to)
}

async function findSource(registry: Registry, { digest, from, mayPull }: Mount): Promise<RepositoryName | undefined> {
  const { reader } = registry.database
  if (from !== undefined) {
    const blob = await findBlob(reader, from, digest)
    return blob !== undefined && (await mayPull(from)) ? from : undefined
  }
  for (const name of await findHolders(reader, digest, MAX_HOLDERS)) if (await mayPull(name)) return name
  return undefined
}

async function sizeIn(tx: Transaction, name: RepositoryName, digest: Digest): Promise<number | undefined> {
  const repository = await findRepository(tx, name)
  return repository === undefined ? undefined : findLinkedSize(tx, repository, digest)
}
