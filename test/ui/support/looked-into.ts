import { gzipSync } from 'node:zlib'
import { check } from '../../conformance/support/check.ts'
import { type Content, content } from '../../conformance/support/content.ts'
import { type Manifest, OCI_CONFIG, OCI_MANIFEST, putManifest } from '../../conformance/support/manifests.ts'
import { pushBlob, type Target } from '../../conformance/support/uploads.ts'
import { descriptor, manifestOf } from '../../e2e/support/images.ts'
import { type EntryToMake, makeTar } from '../../scanning/support/make-tar.ts'

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

export interface FullImage {
  readonly config: Content
  readonly layers: readonly Content[]
  readonly manifest: Manifest
}

interface Made {
  readonly architecture?: string
  readonly layers: readonly (readonly EntryToMake[])[]
  readonly config?: Readonly<Record<string, unknown>>
  readonly history?: readonly Readonly<Record<string, unknown>>[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** An image with files in it, which a scan finds. */
export function fullImage({ architecture = 'amd64', layers, config, history, annotations }: Made): FullImage {
  const blobs = layers.map((entries) => content(new Uint8Array(gzipSync(makeTar(...entries)))))
  const settings = content(
    JSON.stringify({ architecture, os: 'linux', created: '2026-01-02T03:04:05Z', config, ...(history && { history }) }),
  )
  const body = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor(settings, OCI_CONFIG) },
    ...{ layers: blobs.map((blob) => descriptor(blob, LAYER)), ...(annotations && { annotations }) },
  }
  return { config: settings, layers: blobs, manifest: manifestOf(body, OCI_MANIFEST) }
}

export async function pushFull(target: Target, { config, layers, manifest }: FullImage, tag?: string): Promise<void> {
  for (const blob of [config, ...layers]) await pushBlob(target, blob)
  check(await putManifest(target, tag ?? manifest.digest, manifest), { status: 201 })
}

const RELEASE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.99.0\nPRETTY_NAME="Alpine Linux v3.99"\n'

/** The files by which an Alpine system with these packages is known. */
export function alpineFiles(packages: Readonly<Record<string, string>>): readonly EntryToMake[] {
  const database = Object.entries(packages)
    .map(([name, version]) => `C:Q1\nP:${name}\nV:${version}\nA:x86_64\no:${name}\nL:MIT\n`)
    .join('\n')
  return [
    { path: 'etc/', type: '5', mode: 0o755 },
    { path: 'etc/os-release', content: RELEASE },
    { path: 'lib/apk/db/installed', content: `${database}\n` },
  ]
}
