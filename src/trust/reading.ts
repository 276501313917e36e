import type { Digest } from '../oci/digest.ts'
import type { SignaturePlace, Way } from './discover.ts'
import { findLayers, MAX_MANIFEST_BYTES } from './manifest-layers.ts'
import { Rejection } from './rejection.ts'
import type { ReadContent, SignatureManifest } from './signature.ts'

const KIB = 1024
/** How much content is read of what came one way. */
const CONTENT_BYTES: Readonly<Record<Way['name'], number>> = {
  signatures: 512 * KIB,
  attestations: 1024 * KIB,
  referrers: 1024 * KIB,
  list: 512 * KIB,
}
/** Of referrers that say that they are statements, apart from the others: nobody can crowd signatures out with SBOMs. */
const STATEMENT_BYTES = 1024 * KIB
/** What is longer than was said was read for nothing. */
const FAILED_BYTES = 16 * KIB
const MANIFEST_BYTES = 1024 * KIB
const MAX_MANIFESTS = 256
/** Cosign says in it what the bundle states. */
const PREDICATE = 'dev.sigstore.bundle.predicateType'
const PLAIN = 'https://sigstore.dev/cosign/sign/v1'

/** Reads what came one way, and counts. */
export class Reading {
  readonly #place: SignaturePlace
  readonly #subject: Digest
  #manifestBytes = MANIFEST_BYTES
  #left: { signatures: number; statements: number }
  #current: 'signatures' | 'statements' = 'signatures'
  #subjectContent: Promise<Uint8Array | undefined> | undefined

  constructor(place: SignaturePlace, subject: Digest, way: Way['name']) {
    this.#place = place
    this.#subject = subject
    this.#left = {
      signatures: CONTENT_BYTES[way],
      statements: way === 'referrers' ? STATEMENT_BYTES : CONTENT_BYTES[way],
    }
  }

  isEnough(manifests: number): boolean {
    return manifests >= MAX_MANIFESTS || this.#manifestBytes <= 0
  }

  /** Undefined also for one that is too long to bring signatures. */
  async manifest(reference: string): Promise<SignatureManifest | undefined> {
    const manifest = await this.#place.manifest(reference)
    if (manifest === undefined || manifest.content.byteLength > MAX_MANIFEST_BYTES) return undefined
    this.#manifestBytes -= manifest.content.byteLength
    const predicate = findLayers(manifest.content)?.annotations[PREDICATE]
    this.#current = predicate === undefined || predicate === PLAIN ? 'signatures' : 'statements'
    return manifest
  }

  readonly read: ReadContent = async (digest, maxBytes) => {
    if (digest === this.#subject) {
      this.#subjectContent ??= this.#place.manifest(digest).then((manifest) => manifest?.content)
      return this.#subjectContent
    }
    const left = this.#left[this.#current]
    if (left <= 0) throw new Rejection('form', 'too much was read of other signatures: not looked at')
    const content = await this.#place.blob(digest, Math.min(maxBytes, left))
    this.#left[this.#current] -= content?.byteLength ?? FAILED_BYTES
    return content
  }
}
