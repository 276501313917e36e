import { Breaths } from '../lib/breaths.ts'
import type { Digest } from '../oci/digest.ts'
import { type Discovered, discoverSignatures, type SignaturePlace } from './discover.ts'
import { findLayers } from './manifest-layers.ts'
import {
  MAX_SIGNATURES,
  type ReadContent,
  type SignatureManifest,
  type SignatureVerifier,
  type Subject,
  type TrustAnchor,
  type VerifiedSignature,
} from './signature.ts'
import type { SignatureReport } from './signature-source.ts'
import { earliest } from './verdict.ts'
import { loadVerifiers } from './verifiers.ts'
import { reasonOf } from './words.ts'

export interface Trust {
  readonly anchors: readonly TrustAnchor[]
  readonly now: Date
}

/** Finding and verifying everything about one manifest may take so long (CVE-2024-29902). */
const MAX_MS = 10_000
/** What could not be looked at is tried again after that. */
const RETRY_MS = 5 * 60_000

/** Every signature of the subject that can be found in the place, and who of those who are trusted accepts it. Never throws. */
export async function verifySignatures(
  place: SignaturePlace,
  subject: Subject,
  trust: Trust,
  limits: { readonly ms: number } = { ms: MAX_MS },
): Promise<SignatureReport> {
  const work = new Work(place, subject, trust)
  const finished = await within(limits.ms, work.run())
  return work.report(finished ? undefined : `looking at all signatures takes more than ${limits.ms / 1000} seconds`)
}

class Work {
  readonly #place: SignaturePlace
  readonly #subject: Subject
  readonly #trust: Trust
  readonly #signatures: VerifiedSignature[] = []
  readonly #problems: string[] = []
  /** What may be otherwise soon. */
  #failed = false
  #over = false

  constructor(place: SignaturePlace, subject: Subject, trust: Trust) {
    this.#place = place
    this.#subject = subject
    this.#trust = trust
  }

  async run(): Promise<void> {
    try {
      const { manifests, problems } = await this.#discover()
      this.#problems.push(...problems)
      const verifiers = await loadVerifiers()
      const breaths = new Breaths()
      for (const manifest of manifests) {
        for (const verifier of verifiers) await this.#verify(verifier, manifest)
        await breaths.take()
        if (this.#isEnough()) return
      }
    } catch (error) {
      this.#fail(`signatures could not be looked at: ${reasonOf(error)}`)
    }
  }

  #discover(): Promise<Discovered> {
    return discoverSignatures(this.#place, this.#subject.digest)
  }

  async #verify(verifier: SignatureVerifier, manifest: SignatureManifest): Promise<void> {
    if (this.#over || !verifier.recognizes(manifest)) return
    const layers = findLayers(manifest.content)?.layers.length ?? 0
    if (layers > MAX_SIGNATURES)
      this.#problems.push(`${manifest.digest} has ${layers} signatures; ${MAX_SIGNATURES} of them were looked at`)
    try {
      const found = await verifier.verify(this.#subject, manifest, { ...this.#trust, read: this.#read })
      if (!this.#over) this.#signatures.push(...found)
    } catch (error) {
      this.#fail(`${manifest.digest} could not be looked at: ${reasonOf(error)}`)
    }
  }

  readonly #read: ReadContent = async (digest: Digest) => {
    if (this.#over) return undefined
    return digest === this.#subject.digest ? (await this.#place.manifest(digest))?.content : this.#place.blob(digest)
  }

  #isEnough(): boolean {
    if (this.#signatures.length <= MAX_SIGNATURES) return this.#over
    this.#problems.push(`there are more than ${MAX_SIGNATURES} signatures; the others were not looked at`)
    this.#signatures.length = MAX_SIGNATURES
    return true
  }

  #fail(problem: string): void {
    this.#problems.push(problem)
    this.#failed = true
  }

  report(problem: string | undefined): SignatureReport {
    this.#over = true
    if (problem !== undefined) this.#fail(problem)
    const retryAt = this.#failed ? new Date(this.#trust.now.getTime() + RETRY_MS) : undefined
    const validUntil = earliest([retryAt, ...this.#signatures.map((each) => each.validUntil)])
    return { signatures: [...this.#signatures], problems: [...this.#problems], ...(validUntil && { validUntil }) }
  }
}

/** Whether it was done in time; if not, nobody waits for it any longer. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
