import { check } from '../../conformance/support/check.ts'
import { type Content, content, randomContent } from '../../conformance/support/content.ts'
import {
  type Manifest,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_MANIFEST,
  putManifest,
} from '../../conformance/support/manifests.ts'
import { pushBlob, type Target } from '../../conformance/support/uploads.ts'

export interface DescriptorJson {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly [field: string]: unknown
}

export function descriptor({ bytes, digest }: Content | Manifest, mediaType: string): DescriptorJson {
  return { mediaType, digest, size: bytes.length }
}

/** JSON as the bytes of a manifest, with its digest. */
export function manifestOf(body: unknown, mediaType: string): Manifest {
  return { mediaType, ...content(JSON.stringify(body)) }
}

export interface Image {
  readonly config: Content
  readonly layer: Content
  readonly manifest: Manifest
  /** What the manifest says, to make others of it. */
  readonly body: Readonly<Record<string, unknown>>
}

/** An image of one config and one layer; both depend on the label. */
export function image(label: string, more: Readonly<Record<string, unknown>> = {}, layerBytes = 300): Image {
  const config = content(JSON.stringify({ architecture: 'amd64', os: 'linux', label }))
  const layer = randomContent(`e2e/${label}`, layerBytes)
  const body = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor(config, OCI_CONFIG),
    layers: [descriptor(layer, OCI_LAYER)],
    ...more,
  }
  return { config, layer, manifest: manifestOf(body, OCI_MANIFEST), body }
}

export function index(children: readonly DescriptorJson[], more: Readonly<Record<string, unknown>> = {}): Manifest {
  return manifestOf({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: children, ...more }, OCI_INDEX)
}

export async function pushBlobsOf(target: Target, { config, layer }: Image): Promise<void> {
  await pushBlob(target, config)
  await pushBlob(target, layer)
}

/** Config, layer and manifest, under a tag or by digest. */
export async function pushImage(target: Target, pushed: Image, tag?: string): Promise<void> {
  await pushBlobsOf(target, pushed)
  check(await putManifest(target, tag ?? pushed.manifest.digest, pushed.manifest), { status: 201 })
}
