import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Content } from '../../conformance/support/content.ts'
import { OCI_INDEX, OCI_MANIFEST, putManifest } from '../../conformance/support/manifests.ts'
import type { Target } from '../../conformance/support/uploads.ts'
import { check } from '../../conformance/support/check.ts'
import { descriptor, image, index, manifestOf, pushBlobsOf, pushImage } from '../../e2e/support/images.ts'

/** Every file and folder below a folder, with what would show that it was touched. */
export async function listingOf(root: string): Promise<string[]> {
  const lines: string[] = []
  for (const path of (await readdir(root, { recursive: true })).sort()) {
    const { size, mtimeMs, mode, ino, isDirectory } = await statOf(join(root, path))
    lines.push(`${path} ${isDirectory ? 'folder' : size} ${mtimeMs} ${mode} ${ino}`)
  }
  return lines
}

async function statOf(path: string) {
  const found = await stat(path)
  const { size, mtimeMs, mode, ino } = found
  return { size, mtimeMs, mode, ino, isDirectory: found.isDirectory() }
}

export const APP = 'team/app'
export const NESTED = 'team/app/tools'

const large = image('adopt/large', {}, 100_000)
const small = image('adopt/small')
const arm = image('adopt/arm')
const old = image('adopt/old')
const both = index([descriptor(small.manifest, OCI_MANIFEST), descriptor(arm.manifest, OCI_MANIFEST)])
const signature = manifestOf(
  {
    ...image('adopt/signature').body,
    subject: descriptor(large.manifest, OCI_MANIFEST),
    artifactType: 'application/vnd.example.signature',
  },
  OCI_MANIFEST,
)

/** What the trees of these tests hold. */
export const CONTENT = { large, small, arm, old, both, signature }

/** The same content into any registry: tags, an index, a signature, a manifest without a tag, a shared layer. */
export async function pushContent(at: (name: string) => Target): Promise<void> {
  await pushImage(at(APP), large, 'v1')
  await pushImage(at(APP), old)
  await pushBlobsOf(at(APP), small)
  await pushBlobsOf(at(APP), arm)
  for (const { manifest } of [small, arm]) check(await putManifest(at(APP), manifest.digest, manifest), { status: 201 })
  for (const tag of ['multi', 'latest']) check(await putManifest(at(APP), tag, both), { status: 201 })
  await pushBlobsOf(at(APP), image('adopt/signature'))
  check(await putManifest(at(APP), signature.digest, signature), { status: 201 })
  await pushImage(at(NESTED), large, 'same')
}

/** What every tag names in that content. */
export const TAGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [APP]: { latest: both.digest, multi: both.digest, v1: large.manifest.digest },
  [NESTED]: { same: large.manifest.digest },
}

export const INDEX_TYPE = OCI_INDEX

/** One image layout, as zot and skopeo write them. */
export async function layLayout(
  folder: string,
  blobs: readonly Pick<Content, 'digest' | 'bytes'>[],
  manifests: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true })
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  for (const { digest, bytes } of blobs) await writeFile(join(folder, 'blobs', digest.replace(':', '/')), bytes)
}
