import { randomBytes } from 'node:crypto'
import { MANIFEST_TYPE } from '../../support/data-set.ts'
import { type Body, bodyOf, bulkOf, newBody } from '../random-body.ts'
import type { Descriptor, ProfileImage } from './images.ts'
import type { Session } from './plan.ts'
import { LARGEST_LAYER_BYTES } from './sizes.ts'

const CONFIG_BYTES = 6000

/** A new version of an image, all of it ready to send. */
export interface NewVersion {
  readonly image: ProfileImage
  readonly tag: string
  /** What the registry has already. */
  readonly kept: readonly Descriptor[]
  readonly layers: readonly Body[]
  readonly config: Body
  readonly manifest: Body
}

/** Makes versions that no registry has seen, and hashes them before anything is timed. */
export class Versions {
  readonly #images: readonly ProfileImage[]
  readonly #bulk = bulkOf(LARGEST_LAYER_BYTES)
  readonly #made = new Map<Session, NewVersion>()

  constructor(images: readonly ProfileImage[]) {
    this.#images = images
  }

  prepare(session: Session): void {
    const image = this.#images[session.image]
    if (session.kind !== 'push' || image === undefined) return
    const layers = session.newLayerBytes.map((size) => newBody(this.#bulk, size))
    const kept = image.layers.slice(0, image.layers.length - layers.length)
    const config = bodyOf(JSON.stringify({ architecture: 'amd64', os: 'linux', nonce: nonceOf(CONFIG_BYTES) }))
    const manifest = bodyOf(manifestText(config, [...kept, ...layers]))
    this.#made.set(session, { image, tag: `b-${nonceOf(16)}`, kept, layers, config, manifest })
  }

  of(session: Session): NewVersion {
    const version = this.#made.get(session)
    if (version === undefined) throw new Error('a push that was not prepared')
    return version
  }
}

function nonceOf(length: number): string {
  return randomBytes(length / 2).toString('hex')
}

function manifestText(config: Descriptor, layers: readonly Descriptor[]): string {
  const descriptor = (mediaType: string, { digest, size }: Descriptor) => ({ mediaType, digest, size })
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer)),
  })
}
