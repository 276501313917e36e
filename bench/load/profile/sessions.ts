import { INDEX_TYPE, MANIFEST_TYPE } from '../../support/data-set.ts'
import type { Connection } from '../connection.ts'
import { locationOf } from '../push-blob.ts'
import type { Body } from '../random-body.ts'
import { Connections, Lane } from './clients.ts'
import type { Descriptor, ProfileImage } from './images.ts'
import type { Session } from './plan.ts'
import type { NewVersion, Versions } from './pushes.ts'
import type { Recorder } from './recorder.ts'

const ACCEPT = `${INDEX_TYPE}, ${MANIFEST_TYPE}`
/** As docker and containerd do. */
const LAYERS_AT_ONCE = 3
/** The tag that every push moves. */
const MOVED_TAG = 'edge'

type Headers = Readonly<Record<string, string>>

export interface Scene {
  readonly port: number
  readonly images: readonly ProfileImage[]
  /** By repository: a token is good for one. */
  readonly headers: Readonly<Record<string, Headers>>
  readonly versions: Versions
  readonly recorder: Recorder
}

/** What clients do, from their first request to their last. */
export class Sessions {
  readonly #scene: Scene
  readonly #connections: Connections

  constructor(scene: Scene) {
    this.#scene = scene
    this.#connections = new Connections(scene.port)
  }

  get connections(): Connections {
    return this.#connections
  }

  /** Never throws: what went wrong is recorded. */
  async run(session: Session, dueAt: number): Promise<void> {
    const image = this.#scene.images[session.image]
    if (image === undefined) throw new Error(`there is no image ${session.image}`)
    try {
      await this.#lane(dueAt, (lane) => this.#steps(session, new Visit(lane, image, this.#scene.headers), image))
    } catch (error) {
      this.#scene.recorder.wrong(error instanceof Error ? error.message : String(error))
    }
  }

  async #steps(session: Session, visit: Visit, image: ProfileImage): Promise<void> {
    switch (session.kind) {
      case 'poll':
        return visit.head(session.isKnown)
      case 'list':
        return visit.list()
      case 'push':
        return visit.push(this.#scene.versions.of(session))
      case 'warm':
        await visit.head(false)
        await visit.manifest(image.manifest)
        return this.#layers(visit, image, image.layers.slice(0, session.missingLayers))
      case 'cold':
        await visit.head(false)
        await visit.manifest(image.index)
        await visit.manifest(image.manifest)
        await visit.config()
        return this.#layers(visit, image, image.layers)
    }
  }

  async #layers(visit: Visit, image: ProfileImage, layers: readonly Descriptor[]): Promise<void> {
    const left = [...layers]
    const pull = async (each: Visit) => {
      for (let layer = left.shift(); layer !== undefined; layer = left.shift()) await each.layer(layer)
    }
    const others = Array.from({ length: Math.min(LAYERS_AT_ONCE, layers.length) - 1 }, () =>
      this.#lane(visit.dueAt, (lane) => pull(new Visit(lane, image, this.#scene.headers))),
    )
    await Promise.all([pull(visit), ...others])
  }

  /** A connection on which something failed is not used again. */
  async #lane(dueAt: number, use: (lane: Lane) => Promise<void>): Promise<void> {
    const connection: Connection = await this.#connections.take()
    try {
      await use(new Lane(connection, this.#scene.recorder, dueAt))
    } catch (error) {
      connection.close()
      throw error
    }
    this.#connections.giveBack(connection)
  }
}

/** The requests about one image. */
class Visit {
  readonly #lane: Lane
  readonly #image: ProfileImage
  readonly #base: string
  readonly #headers: Headers

  constructor(lane: Lane, image: ProfileImage, headers: Scene['headers']) {
    this.#lane = lane
    this.#image = image
    this.#base = `/v2/${image.repository}`
    this.#headers = headers[image.repository] ?? {}
  }

  get dueAt(): number {
    return this.#lane.dueAt
  }

  async head(isKnown: boolean): Promise<void> {
    const known = isKnown ? { 'If-None-Match': `"${this.#image.index.digest}"` } : {}
    await this.#lane.ask('tag HEAD', {
      method: 'HEAD',
      path: `${this.#base}/manifests/${this.#image.tag}`,
      headers: { ...this.#headers, Accept: ACCEPT, ...known },
      right: [isKnown ? 304 : 200],
    })
  }

  async manifest({ digest, size }: Descriptor): Promise<void> {
    const path = `${this.#base}/manifests/${digest}`
    const headers = { ...this.#headers, Accept: ACCEPT }
    await this.#lane.ask('manifest GET', { method: 'GET', path, headers, right: [200], size })
  }

  config(): Promise<void> {
    return this.#blob('config GET', this.#image.config)
  }

  layer(layer: Descriptor): Promise<void> {
    return this.#blob('layer GET', layer)
  }

  async #blob(operation: 'config GET' | 'layer GET', { digest, size }: Descriptor): Promise<void> {
    const path = `${this.#base}/blobs/${digest}`
    await this.#lane.ask(operation, { method: 'GET', path, headers: this.#headers, right: [200], size })
  }

  async list(): Promise<void> {
    const path = `${this.#base}/tags/list?n=100`
    await this.#lane.ask('list', { method: 'GET', path, headers: this.#headers, right: [200] })
  }

  async push({ kept, layers, config, manifest, tag }: NewVersion): Promise<void> {
    const added = [...layers, config]
    for (const { digest } of kept) await this.#isThere(digest, 200)
    for (const { digest } of added) await this.#isThere(digest, 404)
    for (const body of added) await this.#upload(body)
    for (const name of [tag, MOVED_TAG]) {
      const path = `${this.#base}/manifests/${name}`
      const headers = { ...this.#headers, 'Content-Type': MANIFEST_TYPE }
      await this.#lane.ask('manifest PUT', { method: 'PUT', path, headers, body: manifest.pieces, right: [201] })
    }
  }

  async #isThere(digest: string, status: 200 | 404): Promise<void> {
    const path = `${this.#base}/blobs/${digest}`
    await this.#lane.ask('blob HEAD', { method: 'HEAD', path, headers: this.#headers, right: [status] })
  }

  /** POST, PATCH with the bytes, PUT without. */
  async #upload({ digest, pieces }: Body): Promise<void> {
    const headers = { ...this.#headers, 'Content-Type': 'application/octet-stream' }
    const start = { method: 'POST', path: `${this.#base}/blobs/uploads/`, headers: this.#headers, right: [202] }
    const opened = locationOf(await this.#lane.ask('upload', start), 202)
    const bytes = { method: 'PATCH', path: opened, headers, body: pieces, right: [202] }
    const location = locationOf(await this.#lane.ask('upload', bytes), 202)
    const path = `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`
    await this.#lane.ask('upload', { method: 'PUT', path, headers, right: [201] })
  }
}
