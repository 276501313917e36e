import { type Answer, type Ask, type Content, contentOf, NoAnswer, send, streamOf } from './client.ts'
import { History } from './history.ts'
import { Random } from './random.ts'

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const OCTETS = { 'content-type': 'application/octet-stream' }

/** A manifest that some client pushed. */
export interface Pushed extends Content {
  readonly repository: string
  readonly mediaType: string
  /** Tags that only this manifest ever has. */
  readonly ownTags: string[]
  /** Shared tags were moved to it, so it is never deleted. */
  pinned: boolean
}

/** An upload session whose POST was acknowledged. */
export interface Session {
  readonly repository: string
  readonly blob: Content
  readonly path: string
  /** At most so many bytes can have arrived. */
  sentBytes: number
  /** At least so many were acknowledged. */
  keptBytes: number
  state: 'open' | 'finishing' | 'done'
  /** A chunk's answer was lost: how much of it arrived is not known. */
  midChunk: boolean
}

/** Everything that was asked of a registry in one run, and everything that may be found there. */
export class World {
  readonly history = new History()
  readonly blobs = new Map<string, Content>()
  /** Contents that everybody pushes. */
  readonly shared: readonly Content[]
  readonly manifests = new Map<string, Pushed>()
  readonly sessions: Session[] = []
  readonly problems: string[] = []
  readonly repositories: readonly string[]
  readonly seed: number
  url = ''
  reads = 0

  constructor(seed: number) {
    this.seed = seed
    this.repositories = [`faults/a${seed}`, `faults/b${seed}`]
    const random = new Random(seed)
    const sizes = [
      0,
      random.between(1, 300),
      16_384 + random.between(-1, 1),
      65_536 + random.between(-1, 1),
      1_300_000,
      random.between(2e6, 3e6),
    ]
    this.shared = sizes.map((size) => this.know(contentOf(random.bytes(size))))
  }

  /** How much happened, to see that a run was not empty. */
  counts(): Record<string, number> {
    const unfinished = this.sessions.filter(({ state }) => state !== 'done').length
    return { ...this.history.counts(), sessions: this.sessions.length, unfinished, reads: this.reads }
  }

  know(blob: Content): Content {
    this.blobs.set(blob.digest, blob)
    return blob
  }
}

/** Some clients at once, each with its own steps in order; ends when they have all done theirs or the server is gone. */
export async function runWorkload(world: World, clients: number): Promise<void> {
  const first = new Client(world, 0)
  await untilGone(async () => {
    await first.retag('stable', await first.pushImage(world.repositories[0] ?? ''))
    const reading = { stop: false }
    const reader = untilGone(() => first.keepReading('stable', reading))
    const others = Array.from({ length: clients }, (_, index) => new Client(world, index + 1))
    await Promise.all([first, ...others].map((client) => untilGone(() => client.work())))
    reading.stop = true
    await reader
  })
}

async function untilGone(work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof NoAnswer)) throw error
  })
}

class Client {
  readonly #world: World
  readonly #random: Random
  readonly #name: string
  readonly #images: Pushed[] = []
  #count = 0

  constructor(world: World, index: number) {
    this.#world = world
    this.#random = new Random(world.seed * 31 + index)
    this.#name = `c${index}`
  }

  async work(): Promise<void> {
    for (let step = 0; step < 7; step++) await this.#step()
  }

  async #step(): Promise<void> {
    const repository = this.#random.pick(this.#world.repositories)
    const choice = this.#random.next()
    if (choice < 0.15) await this.#pushBlob(repository, this.#anyBlob())
    else if (choice < 0.22) await this.#mount(repository, this.#anyBlob())
    else if (choice < 0.32) await this.#abandon(repository, this.#anyBlob())
    else if (choice < 0.62) await this.pushImage(repository)
    else if (choice < 0.68) await this.#pushIndex()
    else if (choice < 0.72) await this.#pushIncomplete(repository)
    else if (choice < 0.82) await this.#retagAny()
    else if (choice < 0.88) await this.#deleteTag(repository, 'latest')
    else if (choice < 0.94) await this.#deleteImage()
    else await this.#deleteBlob(repository, this.#anyBlob())
  }

  /** A tag is moved and never deleted: reading it gives the old or the new manifest and never an error (invariant 4). */
  async keepReading(tag: string, reading: { readonly stop: boolean }): Promise<void> {
    const repository = this.#world.repositories[0] ?? ''
    while (!reading.stop) {
      const answer = await send(this.#world.url, 'GET', `/v2/${repository}/manifests/${tag}`)
      const { digest } = contentOf(new Uint8Array(answer.bytes))
      this.#world.reads++
      if (answer.status !== 200 || answer.headers.get('docker-content-digest') !== digest)
        this.#world.problems.push(`${answer.asked} while it was moved: ${answer.status}, bytes of ${digest}`)
    }
  }

  /** Mostly one that the others push too; now and then one that nobody has. */
  #anyBlob(): Content {
    if (this.#random.chance(0.65)) return this.#random.pick(this.#world.shared)
    return this.#world.know(contentOf(this.#random.bytes(this.#random.between(17_000, 150_000))))
  }

  #ask(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    return send(this.#world.url, method, path, ask)
  }

  /** Asks for something that is recorded; a refusal must be one of those named. Returns whether it was done. */
  async #change(
    ask: () => Promise<Answer>,
    what: string,
    changes: readonly { key: string; value: string | undefined }[],
    refusals: readonly number[],
  ): Promise<boolean> {
    const end = this.#world.history.begin(`${this.#name} ${what}`, changes)
    const answer = await ask()
    const done = answer.status === 201 || (answer.status === 202 && answer.asked.startsWith('DELETE'))
    end(done ? 'done' : 'refused')
    if (!done && !refusals.includes(answer.status)) this.#unexpected(answer, what)
    return done
  }

  #unexpected(answer: Answer, what: string): void {
    const body = new TextDecoder().decode(answer.bytes).slice(0, 300)
    this.#world.problems.push(`${what}: ${answer.asked} → ${answer.status} ${body}`)
  }

  #pushBlob(repository: string, blob: Content): Promise<boolean> {
    const ways = [this.#postWhole, this.#postThenPut, this.#chunked, this.#streamed, this.#finishTwice]
    return this.#random.pick(ways).call(this, repository, blob)
  }

  async #postWhole(repository: string, blob: Content): Promise<boolean> {
    const path = `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`
    return this.#change(
      () => this.#ask('POST', path, { headers: OCTETS, body: blob.bytes }),
      `POST ${blob.digest}`,
      [blobChange(repository, blob)],
      [],
    )
  }

  async #start(repository: string, blob: Content): Promise<Session> {
    const answer = await this.#ask('POST', `/v2/${repository}/blobs/uploads/`)
    const path = answer.headers.get('location')
    if (answer.status !== 202 || path === null) this.#unexpected(answer, 'start an upload')
    const session: Session = {
      repository,
      blob,
      path: path ?? '',
      sentBytes: 0,
      keptBytes: 0,
      state: 'open',
      midChunk: false,
    }
    this.#world.sessions.push(session)
    return session
  }

  async #finish(session: Session, body?: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const { repository, blob, path } = session
    session.state = 'finishing'
    if (body !== undefined) {
      session.sentBytes += body.length
      session.midChunk = true
    }
    const done = await this.#change(
      () =>
        this.#ask('PUT', `${path}?digest=${blob.digest}`, { headers: OCTETS, ...(body === undefined ? {} : { body }) }),
      `PUT ${path} ${blob.digest}`,
      [blobChange(repository, blob)],
      // The other of two that finish the same session at once; test/properties/uploads.test.ts is strict about which.
      [404, 416],
    )
    if (done) session.state = 'done'
    return done
  }

  async #postThenPut(repository: string, blob: Content): Promise<boolean> {
    return this.#finish(await this.#start(repository, blob), blob.bytes)
  }

  async #patch(session: Session, chunk: Uint8Array<ArrayBuffer>, stream: boolean): Promise<void> {
    const start = session.keptBytes
    session.sentBytes += chunk.length
    session.midChunk = true
    const range = { 'content-range': `${start}-${start + chunk.length - 1}` }
    const answer = await this.#ask('PATCH', session.path, {
      headers: stream ? OCTETS : { ...OCTETS, ...range },
      body: stream ? streamOf(chunk, 100_000) : chunk,
    })
    if (answer.status !== 202) return this.#unexpected(answer, 'send a chunk')
    session.keptBytes += chunk.length
    session.midChunk = false
  }

  async #sendInChunks(session: Session, upTo: number): Promise<void> {
    while (session.keptBytes < upTo) {
      const end = Math.min(upTo, session.keptBytes + this.#random.between(1, 1_000_000))
      await this.#patch(session, session.blob.bytes.slice(session.keptBytes, end), false)
      if (session.midChunk) return
    }
  }

  async #chunked(repository: string, blob: Content): Promise<boolean> {
    const session = await this.#start(repository, blob)
    const inPatches = this.#random.between(0, blob.bytes.length)
    await this.#sendInChunks(session, inPatches)
    return this.#finish(session, blob.bytes.slice(session.keptBytes))
  }

  /** Docker's way: one PATCH without a length. */
  async #streamed(repository: string, blob: Content): Promise<boolean> {
    const session = await this.#start(repository, blob)
    await this.#patch(session, blob.bytes, true)
    return this.#finish(session)
  }

  /** Invariant 16: one 201, the other the same 201 or 404. */
  async #finishTwice(repository: string, blob: Content): Promise<boolean> {
    const session = await this.#start(repository, blob)
    await this.#sendInChunks(session, blob.bytes.length)
    const done = await Promise.all([this.#finish(session), this.#finish(session)])
    if (!done.includes(true)) this.#world.problems.push(`${session.path}: neither of two PUTs was answered 201`)
    return done.includes(true)
  }

  /** Stops somewhere on the way; the session can be resumed later. */
  async #abandon(repository: string, blob: Content): Promise<void> {
    const session = await this.#start(repository, blob)
    await this.#sendInChunks(session, this.#random.between(0, blob.bytes.length))
  }

  async #mount(repository: string, blob: Content): Promise<boolean> {
    const from = this.#world.repositories.find((other) => other !== repository) ?? ''
    const path = `/v2/${repository}/blobs/uploads/?mount=${blob.digest}&from=${from}`
    // 202: the source does not have it, and a session was opened instead.
    return this.#change(() => this.#ask('POST', path), `mount ${blob.digest}`, [blobChange(repository, blob)], [202])
  }

  async #ensureBlob(repository: string, blob: Content): Promise<void> {
    const head = await this.#ask('HEAD', `/v2/${repository}/blobs/${blob.digest}`)
    if (head.status === 200) return
    if (this.#random.chance(0.3) && (await this.#mount(repository, blob))) return
    await this.#pushBlob(repository, blob)
  }

  #unique(): string {
    return `${this.#name}-${this.#count++}`
  }

  async pushImage(repository: string): Promise<Pushed | undefined> {
    const config = this.#world.know(contentOf(utf8(JSON.stringify({ nonce: [this.#world.seed, this.#unique()] }))))
    const layers = Array.from({ length: this.#random.between(1, 2) }, () => this.#anyBlob())
    for (const blob of [config, ...layers]) await this.#ensureBlob(repository, blob)
    const body = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
      layers: layers.map((layer) => descriptor(layer, 'application/vnd.oci.image.layer.v1.tar')),
    }
    return this.#pushManifest(repository, body)
  }

  async #pushIndex(): Promise<void> {
    const children = this.#images.filter((image) => image.mediaType === OCI_MANIFEST).slice(-2)
    const [first] = children
    if (first === undefined) return
    const manifests = children
      .filter(({ repository }) => repository === first.repository)
      .map((child) => descriptor(child, child.mediaType))
    const annotations = { nonce: `${this.#world.seed} ${this.#unique()}` }
    await this.#pushManifest(first.repository, { schemaVersion: 2, mediaType: OCI_INDEX, manifests, annotations })
  }

  /** A manifest that comes before its layer, as from a client that got the order wrong: it must never be seen. */
  async #pushIncomplete(repository: string): Promise<void> {
    const missing = contentOf(this.#random.bytes(100))
    const body = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(missing, 'application/vnd.oci.image.config.v1+json'),
      layers: [],
    }
    const accepted = await this.#pushManifest(repository, body)
    if (accepted !== undefined) this.#world.problems.push(`${accepted.digest} was accepted without its config`)
  }

  /** By tag, by digest, or by digest with tags: always atomic with its tags. */
  async #pushManifest(
    repository: string,
    body: { readonly mediaType: string; readonly [field: string]: unknown },
  ): Promise<Pushed | undefined> {
    const content = contentOf(utf8(JSON.stringify(body)))
    const { mediaType } = body
    const pushed: Pushed = { ...content, repository, mediaType, ownTags: [], pinned: false }
    const tags = Array.from({ length: this.#random.between(0, 2) }, () => this.#unique())
    const [tag] = tags
    const byTag = tag !== undefined && tags.length === 1
    const query = tags.map((name) => `tag=${name}`).join('&')
    const path = byTag ? tag : `${content.digest}${query === '' ? '' : `?${query}`}`
    this.#world.manifests.set(content.digest, pushed)
    pushed.ownTags.push(...tags)
    const done = await this.#putManifest(pushed, path, tags)
    if (!done) return undefined
    this.#images.push(pushed)
    return pushed
  }

  #putManifest(pushed: Pushed, reference: string, tags: readonly string[]): Promise<boolean> {
    const { repository, digest, mediaType, bytes } = pushed
    const changes = [
      { key: `manifest ${repository} ${digest}`, value: digest },
      ...tags.map((tag) => ({ key: `tag ${repository} ${tag}`, value: digest })),
    ]
    return this.#change(
      () =>
        this.#ask('PUT', `/v2/${repository}/manifests/${reference}`, {
          headers: { 'content-type': mediaType },
          body: bytes,
        }),
      `PUT manifest ${reference} = ${digest}`,
      changes,
      // Another client has just deleted a layer.
      [400],
    )
  }

  async #retagAny(): Promise<void> {
    if (this.#images.length === 0) return
    await this.retag(this.#random.chance(0.5) ? 'latest' : 'stable', this.#random.pick(this.#images))
  }

  async retag(tag: string, image: Pushed | undefined): Promise<void> {
    if (image === undefined) return
    image.pinned = true
    await this.#putManifest(image, tag, [tag])
  }

  async #deleteTag(repository: string, tag: string): Promise<void> {
    await this.#change(
      () => this.#ask('DELETE', `/v2/${repository}/manifests/${tag}`),
      `DELETE ${tag}`,
      [{ key: `tag ${repository} ${tag}`, value: undefined }],
      [404],
    )
  }

  async #deleteImage(): Promise<void> {
    const image = this.#images.find(({ pinned }) => !pinned)
    if (image === undefined) return
    const { repository, digest, ownTags } = image
    this.#images.splice(this.#images.indexOf(image), 1)
    const done = await this.#change(
      () => this.#ask('DELETE', `/v2/${repository}/manifests/${digest}`),
      `DELETE ${digest}`,
      [
        { key: `manifest ${repository} ${digest}`, value: undefined },
        ...ownTags.map((tag) => ({ key: `tag ${repository} ${tag}`, value: undefined })),
      ],
      // An index has it.
      [405],
    )
    if (!done) image.pinned = true
  }

  async #deleteBlob(repository: string, blob: Content): Promise<void> {
    await this.#change(
      () => this.#ask('DELETE', `/v2/${repository}/blobs/${blob.digest}`),
      `DELETE ${blob.digest}`,
      [{ key: `blob ${repository} ${blob.digest}`, value: undefined }],
      // Not there, or a manifest has it.
      [404, 405],
    )
  }
}

function blobChange(repository: string, blob: Content): { key: string; value: string } {
  return { key: `blob ${repository} ${blob.digest}`, value: blob.digest }
}

function descriptor({ digest, bytes }: Content, mediaType: string): object {
  return { mediaType, digest, size: bytes.length }
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
