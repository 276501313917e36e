import type { Clock } from '../lib/clock.ts'
import type { Executor, Transaction } from '../metadata/db.ts'
import type { RepositoryId } from '../metadata/repositories.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { Guard, Operation } from '../registry/operation.ts'
import { findProtection, findProtectionIn, type Protection, protectionsIn } from './store.ts'

/** What somebody says is in use is not deleted, nor a tag on it, until that one stops saying so. Moving a tag away is no harm. */
export function protectionGuard({ clock }: { readonly clock: Clock }): Guard {
  const reasonFor = async (
    manifest: { readonly repositoryId: RepositoryId; readonly digest: Digest },
    executor: Executor,
  ) => {
    const protection = await findProtection(executor, manifest, clock.now())
    return protection && describe(protection)
  }
  return {
    name: 'protection',
    check: async (operation, tx) => {
      const protection = await protectionAgainst(operation, tx, clock.now())
      if (protection !== undefined) throw refusal(protection)
    },
    keepsTag: reasonFor,
    keepsManifest: reasonFor,
    keepsIn: async ({ repositoryId }, executor, discreetly = false) => {
      const protections = await protectionsIn(executor, repositoryId, clock.now())
      const reasons = new Map(
        protections.map((protection) => [protection.digest, discreetly ? 'in use' : describe(protection)]),
      )
      if (reasons.size === 0) return {}
      return { tag: (_, digest) => reasons.get(digest), manifest: (digest) => reasons.get(digest) }
    },
  }
}

function describe({ holder, until }: Protection): string {
  return `in use by ${holder} until ${until.toISOString()}`
}

async function protectionAgainst(operation: Operation, tx: Transaction, now: Date): Promise<Protection | undefined> {
  const { type, repositoryId } = operation
  if (type === 'delete-repository') return findProtectionIn(tx, repositoryId, now)
  if (type === 'delete-tag') return findProtection(tx, operation, now)
  if (type !== 'delete-manifests') return undefined
  for (const digest of operation.digests) {
    const protection = await findProtection(tx, { repositoryId, digest }, now)
    if (protection !== undefined) return protection
  }
  return undefined
}

function refusal({ digest, holder, until }: Protection): OciError {
  return new OciError('DENIED', {
    message: `${digest} is in use: ${holder} protects it until ${until.toISOString()}; stop using it and wait, or ask an owner of the project to remove that protection`,
    detail: { reason: 'protected', digest, holder, until: until.toISOString() },
  })
}
