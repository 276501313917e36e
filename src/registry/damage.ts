import { jobActor } from '../lib/actor.ts'
import { Lru } from '../lib/lru.ts'
import type { BlobRecord } from '../metadata/blobs.ts'
import type { Log } from '../observability/log.ts'
import { type Quarantine, quarantineBlob } from './quarantine.ts'
import type { Registry } from './registry.ts'

const READER = jobActor('read-check')
/** Damaged manifests that are not logged at each pull. */
const REMEMBERED = 1000

/**
 * What happens when a pull finds stored bytes that are wrong: a blob is quarantined, once for each of its objects. Whoever
 * is told of it is told afterwards: the push that he is asked for must not find the damaged copy stored already.
 */
export function onDamageOf(
  parts: Quarantine & { readonly log: Log },
  onQuarantined: () => void,
): Pick<Registry, 'onDamage' | 'onDamagedManifest'> {
  const { log } = parts
  const beingMarked = new Map<string, Promise<void>>()
  const told = new Lru<string, true>(REMEMBERED)

  const quarantine = async (blob: BlobRecord, found: string) => {
    log.error('the stored bytes of a blob are damaged: it is not served until it is pushed again', { ...blob, found })
    try {
      if (await quarantineBlob(parts, READER, blob, found)) onQuarantined()
    } catch (error) {
      // The next pull tries again.
      log.error('a damaged blob could not be marked', { digest: blob.digest, error })
    } finally {
      beingMarked.delete(blob.digest)
    }
  }

  return {
    onDamage: (blob, actualBytes) => {
      const marking = beingMarked.get(blob.digest) ?? quarantine(blob, foundText(blob, actualBytes))
      beingMarked.set(blob.digest, marking)
      return marking
    },
    onDamagedManifest: ({ repositoryId, digest }) => {
      const key = `${repositoryId} ${digest}`
      if (told.get(key)) return
      told.set(key, true)
      log.error('the stored bytes of a manifest are damaged: it is not served until it is pushed again', {
        repositoryId,
        digest,
      })
    },
  }
}

/** For people: what was stored instead of a blob's bytes. */
export function foundText({ sizeBytes }: Pick<BlobRecord, 'sizeBytes'>, actualBytes: number | undefined): string {
  if (actualBytes === undefined) return 'no bytes'
  return actualBytes === sizeBytes ? 'other bytes' : `${actualBytes} bytes`
}
