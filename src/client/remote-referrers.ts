import type { Clock } from '../lib/clock.ts'
import { type Descriptor, parseDescriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { MANIFEST_KINDS, OCI_INDEX } from '../oci/media-type.ts'
import { isRepositoryName } from '../oci/name.ts'
import { isObject, parseStrictJson } from '../oci/strict-json.ts'
import { RemoteError } from '../registry/image-source.ts'
import type { Call, RemoteCalls, WholeAnswer } from './remote-calls.ts'
import { nextPageOf } from './remote-lists.ts'
import { fetchManifest, isPage, pullScope, typeOf } from './remote-manifests.ts'

const MAX_PAGE_BYTES = 4 * 1024 * 1024
const MAX_REFERRERS = 10_000
const MAX_PAGES = 100
/** A registry may be updated, or have answered in error. */
const FORGET_MS = 600_000

/** The tag that stands for the list of referrers where there is no API (distribution-spec, "Referrers Tag Schema"). */
export function fallbackTag(subject: Digest): string {
  const [algorithm = '', encoded = ''] = subject.split(':')
  return `${algorithm.slice(0, 32)}-${encoded.slice(0, 64)}`
}

/** Which manifests are about another, by the API or by the fallback tag. */
export class RemoteReferrers {
  readonly #calls: RemoteCalls
  readonly #clock: Clock
  #missingUntilMs = 0

  constructor(calls: RemoteCalls, clock: Clock) {
    this.#calls = calls
    this.#clock = clock
  }

  /** Known for a while after it said so. */
  get lacksApi(): boolean {
    return this.#clock.now().getTime() < this.#missingUntilMs
  }

  /** end-12a. @throws RemoteError */
  async list(name: string, subject: Digest, signal?: AbortSignal): Promise<readonly Descriptor[]> {
    if (!isRepositoryName(name)) return []
    return (await this.byApi(name, subject, signal)) ?? this.byTag(name, subject, signal)
  }

  /** Undefined: the registry has no such API. */
  async byApi(name: string, subject: Digest, signal?: AbortSignal): Promise<readonly Descriptor[] | undefined> {
    if (this.lacksApi) return undefined
    const found: Descriptor[] = []
    let path: URL | string = `/v2/${name}/referrers/${subject}`
    for (let number = 0; number < MAX_PAGES && found.length <= MAX_REFERRERS; number++) {
      const page = await this.#page(name, path, signal)
      if (page === undefined) return undefined
      found.push(...page.descriptors)
      if (page.next === undefined) return found
      path = page.next
    }
    throw new RemoteError('invalid', `${this.#calls.label} answered with more referrers than anybody could read`)
  }

  async byTag(name: string, subject: Digest, signal?: AbortSignal): Promise<readonly Descriptor[]> {
    const index = await fetchManifest(this.#calls, name, fallbackTag(subject), signal)
    // The tag may be anything: nobody keeps such names free.
    if (index === undefined || MANIFEST_KINDS[index.mediaType] !== 'index') return []
    return descriptorsIn(index.content, this.#calls.label)
  }

  async #page(name: string, path: URL | string, signal: AbortSignal | undefined) {
    const call: Call = {
      method: 'GET',
      path,
      scopes: [pullScope(name)],
      headers: { accept: OCI_INDEX },
      expects: [200, 400, 404, 405, 406],
      signal,
    }
    const whole = await this.#calls.read(call, MAX_PAGE_BYTES)
    const { answer, content } = whole
    if (content === undefined || typeOf(answer) !== OCI_INDEX) {
      if (isRegistrys(whole)) this.#missingUntilMs = this.#clock.now().getTime() + FORGET_MS
      return undefined
    }
    return { descriptors: descriptorsIn(content, this.#calls.label), next: nextPageOf(this.#calls, answer) }
  }
}

/** Whether it may be remembered: what stands before a registry answers so for a moment, and pages for people too. */
function isRegistrys(whole: WholeAnswer): boolean {
  if (whole.content !== undefined) return !isPage(whole.answer)
  const { answer, code } = whole
  // docker-registry answers in plain text where it has no route.
  return answer.status !== 404 || code !== undefined || answer.header('docker-distribution-api-version') !== undefined
}

/** @throws RemoteError invalid */
function descriptorsIn(content: Uint8Array, label: string): Descriptor[] {
  try {
    const body = parseStrictJson(content)
    const entries: readonly unknown[] = isObject(body) && Array.isArray(body.manifests) ? body.manifests : []
    return entries.map((entry) => ({ ...parseDescriptor(entry, 'manifests'), ...listedFields(entry) }))
  } catch {
    throw new RemoteError('invalid', `${label} answered with a list of referrers that cannot be read`)
  }
}

function listedFields(entry: unknown): Pick<Descriptor, 'annotations' | 'artifactType'> {
  const { artifactType, annotations } = isObject(entry) ? entry : {}
  const areTexts = isObject(annotations) && Object.values(annotations).every((value) => typeof value === 'string')
  return {
    ...(typeof artifactType === 'string' && artifactType !== '' && { artifactType }),
    ...(areTexts && { annotations: annotations as Readonly<Record<string, string>> }),
  }
}
