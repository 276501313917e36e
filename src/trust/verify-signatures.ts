import type { Digest } from '../oci/digest.ts'
import { discoverSignatures, MAX_LISTED, type SignaturePlace, type Way } from './discover.ts'
import { Effort } from './effort.ts'
import { type Found, judgeAll, shownOf } from './judge-all.ts'
import { Reading } from './reading.ts'
import type { ReadContent, SignatureManifest, SignatureVerifier, Subject, TrustAnchor } from './signature.ts'
import type { SignatureReport } from './signature-source.ts'
import { earliest } from './verdict.ts'
import { loadVerifiers } from './verifiers.ts'
import { reasonOf } from './words.ts'

interface Asked {
  readonly place: SignaturePlace
  readonly subject: Subject
  readonly trust: Trust
  readonly effort: Effort
}

export interface Trust {
  readonly anchors: readonly TrustAnchor[]
  readonly now: Date
}

/** Finding and verifying everything about one manifest may take so long (CVE-2024-29902). */
const MAX_MS = 10_000
/** What could not be looked at is tried again after that. */
const RETRY_MS = 5 * 60_000
const MAX_PROBLEMS = 20
const WORDS: Readonly<Record<Way['name'], string>> = {
  signatures: 'manifests of signatures under the tag',
  attestations: 'manifests of attestations under the tag',
  referrers: 'signatures among the referrers',
  list: 'signatures in the list of referrers',
}

/** Every signature of the subject that can be found in the place, and who of those who are trusted accepts it. Never throws. */
export async function verifySignatures(
  place: SignaturePlace,
  subject: Subject,
  trust: Trust,
  limits: { readonly ms: number; readonly effort?: Effort } = { ms: MAX_MS },
): Promise<SignatureReport> {
  let isOver = false
  const work = new Work({ place, subject, trust, effort: limits.effort ?? new Effort(() => isOver) })
  const finished = await within(limits.ms, work.run())
  isOver = true
  return work.report(finished ? undefined : `looking at all signatures takes more than ${limits.ms / 1000} seconds`)
}

class Work {
  readonly #place: SignaturePlace
  readonly #subject: Subject
  readonly #trust: Trust
  readonly #effort: Effort
  readonly #problems: string[] = []
  #found: Found[] = []
  /** What may be otherwise soon. */
  #failed = false

  constructor({ place, subject, trust, effort }: Asked) {
    this.#place = place
    this.#subject = subject
    this.#trust = trust
    this.#effort = effort
  }

  async run(): Promise<void> {
    try {
      const seen = new Set<Digest>()
      for (const way of await discoverSignatures(this.#place, this.#subject.digest)) await this.#open(way, seen)
      await judgeAll(this.#found, this.#effort, this.#problems)
    } catch (error) {
      this.#fail(`signatures could not be looked at: ${reasonOf(error)}`)
    }
  }

  async #open({ name, references }: Way, seen: Set<Digest>): Promise<void> {
    const reading = new Reading(this.#place, this.#subject.digest, name)
    for (const [index, reference] of references.entries()) {
      if (reading.isEnough(index)) {
        this.#problems.push(`there are more than ${index} ${WORDS[name]}; the others were not looked at`)
        return
      }
      await this.#effort.rest()
      const manifest = await reading.manifest(reference)
      if (manifest === undefined || seen.has(manifest.digest)) continue
      seen.add(manifest.digest)
      this.#effort.parse(manifest.content.byteLength)
      for (const verifier of await loadVerifiers()) await this.#verify(verifier, manifest, reading.read)
    }
    if (references.length >= MAX_LISTED) this.#problems.push(`of the ${WORDS[name]} ${MAX_LISTED} were looked through`)
  }

  async #verify(verifier: SignatureVerifier, manifest: SignatureManifest, read: ReadContent): Promise<void> {
    if (!verifier.recognizes(manifest)) return
    try {
      const by = { ...this.#trust, effort: this.#effort, read }
      const { found, of } = await verifier.open(this.#subject, manifest, by)
      this.#found.push(...found.map((each) => ({ each })))
      if (of !== undefined)
        this.#problems.push(`${manifest.digest} has ${of} signatures; ${found.length} of them were looked at`)
    } catch (error) {
      this.#fail(`${manifest.digest} could not be looked at: ${reasonOf(error)}`)
    }
  }

  #fail(problem: string): void {
    this.#problems.push(problem)
    this.#failed = true
  }

  report(problem: string | undefined): SignatureReport {
    if (problem !== undefined) this.#fail(problem)
    const { signatures, problems } = shownOf(this.#found)
    const retryAt = this.#failed ? new Date(this.#trust.now.getTime() + RETRY_MS) : undefined
    const validUntil = earliest([retryAt, ...signatures.map((each) => each.validUntil)])
    const all = [...this.#problems.slice(0, MAX_PROBLEMS), ...problems]
    return { signatures, problems: all, ...(validUntil && { validUntil }) }
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
