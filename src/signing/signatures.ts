import type { Access } from '../access/access.ts'
import { randomId } from '../lib/ids.ts'
import { Semaphore } from '../lib/semaphore.ts'
import type { Transaction } from '../metadata/db.ts'
import { findManifestByDigest } from '../metadata/manifests.ts'
import type { Digest } from '../oci/digest.ts'
import type { Spot } from '../registry/operation.ts'
import type { Registry } from '../registry/registry.ts'
import type { SignatureReport, SignatureSource } from '../trust/signature-source.ts'
import { readReport, writeReport } from './result.ts'
import { claimResult, findResult, keepResult, type StoredResult } from './store.ts'
import { TrustByRepository, type TrustHere } from './trust-here.ts'

/** Signatures as projects trust them, and a way to look again although nothing is known to have changed. */
export interface Signatures extends SignatureSource {
  verifyNow(spot: Spot, digest: Digest): Promise<SignatureReport>
}

/** Verifying takes up to some milliseconds of a processor for each signature; pulls go on between them. */
const AT_ONCE = 2
const NOTHING: SignatureReport = { signatures: [], problems: [] }

const known = new WeakMap<Registry, Signatures>()

/** The same for everybody in a process who asks for those of one registry, so that they share what is verified. */
export function signaturesFor(registry: Registry, access: Access): Signatures {
  const found = known.get(registry) ?? createSignatures(registry, access)
  known.set(registry, found)
  return found
}

function createSignatures(registry: Registry, access: Access): Signatures {
  const { database } = registry
  const trust = new TrustByRepository({ database, access })
  const work = new Work(registry)
  return {
    signaturesOf: async (spot, digest) => {
      await database.refresh()
      const here = await trust.of(spot.repository)
      const stored = await findResult(database.reader, { repositoryId: spot.repositoryId, digest })
      return work.remembered(stored, here) ?? work.join(stored, here) ?? work.verify({ spot, digest }, here)
    },
    verifyNow: async (spot, digest) => {
      await database.refresh()
      return work.verify({ spot, digest }, await trust.of(spot.repository))
    },
  }
}

interface Asked {
  readonly spot: Spot
  readonly digest: Digest
}

class Work {
  readonly #registry: Registry
  readonly #turns = new Semaphore(AT_ONCE)
  /** What this process is verifying, by the claim in its row. */
  readonly #running = new Map<string, Promise<SignatureReport>>()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  remembered(stored: StoredResult | undefined, here: TrustHere): SignatureReport | undefined {
    if (stored?.revision !== here.revision) return undefined
    if (stored.validUntil !== undefined && stored.validUntil <= this.#registry.clock.now()) return undefined
    return readReport(stored.content)
  }

  /** As long as the row has the claim, no signature came or went since that work began. */
  join(stored: StoredResult | undefined, here: TrustHere): Promise<SignatureReport> | undefined {
    const isOfThese = stored?.revision.startsWith(`${here.revision}:`) === true
    return isOfThese ? this.#running.get(stored.revision) : undefined
  }

  async verify(asked: Asked, here: TrustHere): Promise<SignatureReport> {
    const { database, clock } = this.#registry
    const claim = `${here.revision}:${randomId()}`
    const at = { repositoryId: asked.spot.repositoryId, digest: asked.digest }
    const head = await findManifestByDigest(database.reader, asked.spot.repository, asked.digest)
    if (head === undefined || head.repositoryId !== asked.spot.repositoryId) return NOTHING
    // Claimed before anything is read: what comes afterwards takes the claim away.
    const isClaimed = await this.#write((tx) => claimResult(tx, at, { revision: claim, now: clock.now() }))
    const running = this.#turns.run(async () => {
      const { localPlace } = await import('../trust/places.ts')
      const { verifySignatures } = await import('../trust/verify-signatures.ts')
      const subject = { digest: head.digest, mediaType: head.mediaType, sizeBytes: head.sizeBytes }
      const place = localPlace(this.#registry, asked.spot.repository)
      return verifySignatures(place, subject, { anchors: here.anchors, now: clock.now() })
    })
    this.#running.set(claim, running)
    try {
      const found = await running
      if (!isClaimed) return found
      const { validUntil } = found
      const result = { revision: here.revision, content: writeReport(found), validUntil, checkedAt: clock.now() }
      await this.#write((tx) => keepResult(tx, at, { claim, ...result }))
      return found
    } finally {
      this.#running.delete(claim)
    }
  }
  /** Of what cannot be written down now, on a full disk, only the memory is lost: pulls go on, and verify again. */
  #write(work: (tx: Transaction) => Promise<void>): Promise<boolean> {
    return this.#registry.database.writeQuietly(work).then(
      () => true,
      () => false,
    )
  }
}
