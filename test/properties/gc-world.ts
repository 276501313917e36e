import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type App, createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config/load.ts'
import { check } from '../../src/fsck/fsck.ts'
import { collect } from '../../src/gc/collect.ts'
import { createLog } from '../../src/observability/log.ts'
import { type Content, content, digestOf } from '../conformance/support/content.ts'
import { TestClock } from '../e2e/support/in-process.ts'
import type { Random } from '../faults/support/random.ts'
import { ownDatabase } from '../support/postgres.ts'

export const LEASE_MS = 60_000
const REPOSITORIES = ['soak/one', 'soak/two', 'soak/three']
const TAGS = ['latest', 'v1', 'v2']
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'

interface Image {
  readonly blobs: readonly Content[]
  readonly children: readonly Image[]
  readonly manifest: Content
  readonly mediaType: string
}

/** Blobs that a client was told are there, and until when it may rely on it. */
interface Promised {
  readonly repository: string
  readonly image: Image
  readonly until: number
  /** How often something had been deleted there by then. */
  readonly wounds: number
}

interface Told {
  readonly status: number
  readonly bytes: Uint8Array
}

/** A registry in this process whose collector has no mercy, and a model of what it owes to its clients. */
export class GcWorld {
  readonly problems: string[] = []
  readonly errors: string[]
  readonly #promises: Promised[] = []
  /** Which digests a tag may name; undefined: it may be absent too. */
  readonly #owed = new Map<string, Set<string | undefined>>()
  /** What this round may have left of a tag; `certain` when something of it surely was done. */
  readonly #open = new Map<string, { readonly digests: Set<string | undefined>; certain: boolean }>()
  readonly #wounds = new Map<string, number>()
  readonly #underKnife = new Map<string, number>()
  readonly #pool: Content[]

  readonly app: App
  readonly clock: TestClock
  readonly dataDir: string

  private constructor(parts: Pick<GcWorld, 'app' | 'clock' | 'dataDir'>, errors: string[], seed: number) {
    this.app = parts.app
    this.clock = parts.clock
    this.dataDir = parts.dataDir
    this.errors = errors
    this.#pool = Array.from({ length: 8 }, (_, index) => content(`${seed}/${index}/`.repeat(index < 5 ? 20 : 3000)))
  }

  static async open(seed: number): Promise<GcWorld> {
    const dataDir = await mkdtemp(join(tmpdir(), 'berth-gc-'))
    const clock = new TestClock()
    const errors: string[] = []
    const log = createLog({ level: 'error', now: () => clock.now(), write: (line) => void errors.push(line) })
    const config = parseConfig({
      data: dataDir,
      ...(await ownDatabase(dataDir)),
      gc: { lease: `${LEASE_MS / 1000}s`, untagged: '0s', trashDelay: '0s' },
      // Of every other run the recycle bin keeps things for a while.
      recycleBin: { keep: seed % 2 === 0 ? '0s' : '90s' },
    })
    const app = await createApp({
      ...{ config, clock, log, instance: 'test' },
      onBroken: (error) => void errors.push(String(error)),
    })
    return new GcWorld({ app, clock, dataDir }, errors, seed)
  }

  async close(): Promise<void> {
    await this.app.close()
    await rm(this.dataDir, { recursive: true, force: true })
  }

  async send(method: string, path: string, body?: Uint8Array, type?: string): Promise<Told> {
    const headers: Record<string, string> = { host: 'localhost' }
    if (body !== undefined) headers['content-length'] = String(body.byteLength)
    if (type !== undefined) headers['content-type'] = type
    const request = new Request(`http://localhost${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    })
    const connection = { scheme: 'http', peer: () => '127.0.0.1', takeTheTime: () => undefined }
    const response = await this.app.fetch(request, connection)
    return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) }
  }

  /** Something that a client or the collector does, to be started when all of a round are chosen. */
  act(random: Random): () => Promise<void> {
    const repository = random.pick(REPOSITORIES)
    const tag = random.pick(TAGS)
    const image = this.#image(random)
    const other = random.pick(REPOSITORIES)
    const batch = random.between(1, 4)
    const kind = random.between(0, 19)
    if (kind < 5) return () => this.#push(repository, image, tag)
    if (kind < 8) return () => this.#prepare(repository, image, other)
    if (kind < 11) return () => this.#finish(random.next(), tag)
    if (kind < 12) return () => this.#deleteTag(repository, tag)
    if (kind < 13) return () => this.#deleteManifest(repository, tag)
    if (kind < 14) return () => this.#deleteBlob(repository, random.pick(this.#pool).digest)
    if (kind < 15) return () => this.#refer(repository, tag, image)
    if (kind < 16) return () => this.#read(repository, tag)
    return () => this.#collect(batch)
  }

  /** Time goes on, sometimes further than any lease. */
  async endRound(random: Random): Promise<void> {
    for (const [name, { digests, certain }] of this.#open)
      this.#owed.set(name, certain ? digests : new Set([...digests, ...(this.#owed.get(name) ?? [undefined])]))
    this.#open.clear()
    this.clock.advance(random.chance(0.15) ? 2 * LEASE_MS : random.between(0, LEASE_MS / 6))
  }

  /** What is owed is there, what is visible is whole, and what is counted is counted right. */
  async check(): Promise<void> {
    for (const [name, digests] of this.#owed) {
      const [repository = '', tag = ''] = name.split(':')
      const answer = await this.send('GET', `/v2/${repository}/manifests/${tag}`)
      const found = answer.status === 200 ? digestOf(answer.bytes) : undefined
      if (!digests.has(found))
        this.problems.push(`${name} is ${found}, and should be one of ${[...digests].join(', ')}`)
      this.#owed.set(name, new Set([found]))
    }
    for (const repository of REPOSITORIES) for (const tag of TAGS) await this.#pullWhole(repository, tag, this.problems)
    const { database, registry } = this.app
    const report = await check({ database, blobs: registry.blobs, allowSparse: false }, { quick: false })
    for (const { severity, problem } of report.findings)
      if (severity === 'error') this.problems.push(`fsck: ${problem}`)
    await this.#checkCounts()
  }

  async removeEverything(): Promise<void> {
    for (const repository of REPOSITORIES) {
      const { bytes, status } = await this.send('GET', `/v2/${repository}/tags/list`)
      if (status !== 200) continue
      const { tags } = JSON.parse(new TextDecoder().decode(bytes)) as { tags: string[] }
      for (const tag of tags) await this.send('DELETE', `/v2/${repository}/manifests/${tag}`)
    }
  }

  async leftovers() {
    const counts = await sql<{ blobs: number; links: number; manifests: number; deletions: number; trash: number }>`
      select (select count(*) from blobs) as blobs, (select count(*) from repository_blobs) as links,
        (select count(*) from manifests) as manifests, (select count(*) from deletions) as deletions,
        (select count(*) from trash) as trash`.execute(this.app.database.reader.db)
    const objects: string[] = []
    for await (const { key } of this.app.registry.blobs.list()) if (!key.startsWith('recovery/')) objects.push(key)
    return { ...counts.rows[0], objects }
  }

  #image(random: Random): Image {
    if (random.chance(0.25)) {
      const children = [this.#plain(random), this.#plain(random)]
      return this.#index(children)
    }
    return this.#plain(random)
  }

  #plain(random: Random, subject?: string): Image {
    const config = random.pick(this.#pool)
    const layers = [random.pick(this.#pool), random.pick(this.#pool)]
    const describe = (blob: Content, mediaType: string) => ({ mediaType, digest: blob.digest, size: blob.bytes.length })
    const manifest = content(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: describe(config, 'application/vnd.oci.image.config.v1+json'),
        layers: layers.map((layer) => describe(layer, 'application/vnd.oci.image.layer.v1.tar')),
        ...(subject === undefined ? {} : { subject: { mediaType: MANIFEST, digest: subject, size: 1 } }),
      }),
    )
    return { blobs: [config, ...layers], children: [], manifest, mediaType: MANIFEST }
  }

  #index(children: readonly Image[]): Image {
    const manifest = content(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: INDEX,
        manifests: children.map(({ manifest: { digest, bytes } }) => ({
          ...{ mediaType: MANIFEST, digest, size: bytes.length },
        })),
      }),
    )
    return { blobs: children.flatMap(({ blobs }) => blobs), children, manifest, mediaType: INDEX }
  }

  #woundsOf(repository: string): number {
    return this.#wounds.get(repository) ?? 0
  }

  /** While something is being deleted there, and ever after, a push that began before the end of it may fail. */
  async #wounding<T>(repository: string, work: () => Promise<T>): Promise<T> {
    this.#underKnife.set(repository, (this.#underKnife.get(repository) ?? 0) + 1)
    try {
      return await work()
    } finally {
      this.#wounds.set(repository, this.#woundsOf(repository) + 1)
      this.#underKnife.set(repository, (this.#underKnife.get(repository) ?? 1) - 1)
    }
  }

  #isHurt(repository: string, woundsBefore: number): boolean {
    return this.#woundsOf(repository) !== woundsBefore || (this.#underKnife.get(repository) ?? 0) > 0
  }

  /** The blobs of an image by HEAD, mount or upload, as clients do it: what is said to be there is not sent. */
  async #provide(repository: string, image: Image, from?: string): Promise<void> {
    for (const { digest, bytes } of image.blobs) {
      const head = await this.send('HEAD', `/v2/${repository}/blobs/${digest}`)
      if (head.status === 200) continue
      if (from !== undefined && from !== repository) {
        const mounted = await this.send('POST', `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`)
        if (mounted.status === 201) continue
      }
      const pushed = await this.send('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, bytes)
      if (pushed.status !== 201) this.problems.push(`a blob could not be pushed to ${repository}: ${pushed.status}`)
    }
  }

  async #push(repository: string, image: Image, tag: string): Promise<void> {
    const wounds = this.#woundsOf(repository)
    await this.#provide(repository, image)
    await this.#enter({ repository, image, until: Number.POSITIVE_INFINITY, wounds }, tag)
  }

  async #prepare(repository: string, image: Image, from: string): Promise<void> {
    const wounds = this.#woundsOf(repository)
    const until = this.clock.now().getTime() + LEASE_MS / 2
    await this.#provide(repository, image, from)
    this.#promises.push({ repository, image, until, wounds })
  }

  async #finish(choice: number, tag: string): Promise<void> {
    const [promised] = this.#promises.splice(Math.floor(choice * this.#promises.length), 1)
    if (promised !== undefined) await this.#enter(promised, tag)
  }

  async #enter({ repository, image, until, wounds }: Promised, tag: string): Promise<void> {
    const isOwed = () => this.clock.now().getTime() < until && !this.#isHurt(repository, wounds)
    for (const child of image.children) {
      const path = `/v2/${repository}/manifests/${child.manifest.digest}`
      if ((await this.send('HEAD', path)).status === 200) continue
      const { status } = await this.send('PUT', path, child.manifest.bytes, child.mediaType)
      if (status !== 201 && isOwed()) this.problems.push(`a child in ${repository} was refused: ${status}`)
    }
    const path = `/v2/${repository}/manifests/${tag}`
    const { status, bytes } = await this.send('PUT', path, image.manifest.bytes, image.mediaType)
    if (status === 201) return this.#may(repository, tag, image.manifest.digest)
    if (isOwed())
      this.problems.push(`${image.mediaType} to ${repository}: ${status} ${new TextDecoder().decode(bytes)}`)
  }

  async #refer(repository: string, tag: string, image: Image): Promise<void> {
    const subject = await this.send('GET', `/v2/${repository}/manifests/${tag}`)
    if (subject.status !== 200) return
    await this.#provide(repository, image)
    const parsed = JSON.parse(new TextDecoder().decode(image.manifest.bytes)) as object
    const size = subject.bytes.length
    const referrer = content(
      JSON.stringify({ ...parsed, subject: { mediaType: MANIFEST, digest: digestOf(subject.bytes), size } }),
    )
    await this.send('PUT', `/v2/${repository}/manifests/${referrer.digest}`, referrer.bytes, image.mediaType)
  }

  async #deleteTag(repository: string, tag: string): Promise<void> {
    const { status } = await this.send('DELETE', `/v2/${repository}/manifests/${tag}`)
    if (status === 202) this.#may(repository, tag, undefined)
  }

  async #deleteManifest(repository: string, tag: string): Promise<void> {
    const { status, bytes } = await this.send('GET', `/v2/${repository}/manifests/${tag}`)
    if (status !== 200) return
    const deleted = await this.#wounding(repository, () =>
      this.send('DELETE', `/v2/${repository}/manifests/${digestOf(bytes)}`),
    )
    if (deleted.status === 202) for (const each of TAGS) this.#may(repository, each, undefined, false)
  }

  async #deleteBlob(repository: string, digest: string): Promise<void> {
    await this.#wounding(repository, () => this.send('DELETE', `/v2/${repository}/blobs/${digest}`))
  }

  async #read(repository: string, tag: string): Promise<void> {
    // Others may move it meanwhile: only wrong bytes would be a fault.
    const { status, bytes } = await this.send('GET', `/v2/${repository}/manifests/${tag}`)
    if (status !== 200 && status !== 404) this.problems.push(`${repository}:${tag} answers ${status}`)
    if (status === 200 && bytes.length === 0) this.problems.push(`${repository}:${tag} is empty`)
  }

  async #collect(batch: number): Promise<void> {
    let rounds = 0
    const stop = new AbortController()
    await collect(this.app.registry, {
      signal: stop.signal,
      // Others come in between, and often the collector is stopped in the middle.
      rest: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        if (++rounds >= batch * 3) stop.abort()
      },
    })
  }

  /** Within a round several may set the same tag: any of them may have been the last. */
  #may(repository: string, tag: string, digest: string | undefined, certain = true): void {
    const name = `${repository}:${tag}`
    const open = this.#open.get(name) ?? { digests: new Set(), certain: false }
    open.digests.add(digest)
    open.certain ||= certain
    this.#open.set(name, open)
  }

  /** Invariants 1, 4 and 5. */
  async #pullWhole(repository: string, reference: string, problems: string[]): Promise<void> {
    const answer = await this.send('GET', `/v2/${repository}/manifests/${reference}`)
    if (answer.status !== 200) return
    const manifest = JSON.parse(new TextDecoder().decode(answer.bytes)) as {
      config?: { digest: string }
      layers?: { digest: string }[]
      manifests?: { digest: string }[]
    }
    for (const { digest } of [...(manifest.config ? [manifest.config] : []), ...(manifest.layers ?? [])]) {
      const blob = await this.send('GET', `/v2/${repository}/blobs/${digest}`)
      if (blob.status !== 200 || digestOf(blob.bytes) !== digest)
        problems.push(`${repository}:${reference} lacks ${digest}: ${blob.status}`)
    }
    for (const { digest } of manifest.manifests ?? []) {
      const child = await this.send('HEAD', `/v2/${repository}/manifests/${digest}`)
      if (child.status !== 200) problems.push(`${repository}:${reference} lacks its child ${digest}`)
      await this.#pullWhole(repository, digest, problems)
    }
  }

  async #checkCounts(): Promise<void> {
    const wrong = await sql<{ what: string }>`
      select 'holders of ' || digest as what from blobs
      where holders != (select count(*) from repository_blobs where repository_blobs.digest = blobs.digest)
      union all
      select 'bytes of ' || name from repositories where bytes != coalesce((
        select sum(size) from repository_blobs join blobs on blobs.digest = repository_blobs.digest
        where repository_id = repositories.id), 0)
      union all
      select 'unique bytes of ' || name from repositories where unique_bytes != coalesce((
        select sum(size) from repository_blobs join blobs on blobs.digest = repository_blobs.digest
        where repository_id = repositories.id and not exists (
          select 1 from repository_blobs as others
          where others.digest = blobs.digest and others.repository_id != repositories.id)), 0)
    `.execute(this.app.database.reader.db)
    for (const { what } of wrong.rows) this.problems.push(`wrong: ${what}`)
  }
}
