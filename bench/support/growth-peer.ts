import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import {
  catalogName,
  digestOf,
  growthManifest,
  hexOf,
  REFERRERS,
  referrersTag,
  TAGS_REPOSITORY,
  tagName,
} from './growth-content.ts'
import type { GrowthSizes } from './growth-seed.ts'

const PUTS_AT_ONCE = 32
const ROOT = 'docker/registry/v2'
const REPOSITORIES = `${ROOT}/repositories`
/** Beside what it lists. */
const ONE_REPOSITORY = 'one/repository'
const ONE_TAG = 'one/tag'

type Objects = readonly (readonly [path: string, content: string])[]

/** What docker-registry keeps of a manifest in a repository. */
function manifestObjects(folder: string, text: string): Objects {
  const hex = hexOf(text)
  return [
    [`${ROOT}/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`, text],
    [`${folder}/_manifests/revisions/sha256/${hex}/link`, digestOf(text)],
  ]
}

/** … of a tag … */
function tagObjects(folder: string, text: string): Objects {
  return [
    [`${folder}/current/link`, digestOf(text)],
    [`${folder}/index/sha256/${hexOf(text)}/link`, digestOf(text)],
  ]
}

/** … and of a layer: what has none is not in its catalog. */
function layerObject(folder: string): Objects[number] {
  const digest = digestOf('')
  return [`${folder}/_layers/sha256/${digest.slice('sha256:'.length)}/link`, digest]
}

function folderOf(repository: string): string {
  return `${REPOSITORIES}/${repository}`
}

function tagFolder(tag: string): string {
  return `${folderOf(TAGS_REPOSITORY)}/_manifests/tags/${tag}`
}

/** Two objects of a tag; one of a repository, enough for its catalog. All name one manifest. */
export async function seedPeer(s3: S3Client, bucket: string, { tags = 0, repositories = 0 }): Promise<void> {
  const text = growthManifest(tagName(0))
  const objects = [...manifestObjects(folderOf(TAGS_REPOSITORY), text)]
  for (let number = 0; number < tags; number++) objects.push(...tagObjects(tagFolder(tagName(number)), text))
  for (let number = 0; number < repositories; number++) objects.push(layerObject(folderOf(catalogName(number))))
  const put = async () => {
    for (let next = objects.pop(); next !== undefined; next = objects.pop())
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: next[0], Body: next[1] }))
  }
  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, put))
}

/**
 * The same as files, into its root folder. Tags and repositories are links to the folder of one: it follows them like
 * folders of their own, and they are made and removed in seconds. That they share what they lead to can only make it faster.
 */
export function seedPeerFiles(store: string, { tags, repositories }: GrowthSizes): void {
  const text = growthManifest(tagName(0))
  write(store, [
    ...manifestObjects(folderOf(TAGS_REPOSITORY), text),
    ...manifestObjects(ONE_REPOSITORY, text),
    layerObject(ONE_REPOSITORY),
    ...tagObjects(ONE_TAG, text),
  ])
  for (const count of REFERRERS) {
    const { tag, text: index } = referrersTag(count)
    write(store, [...manifestObjects(folderOf(TAGS_REPOSITORY), index), ...tagObjects(tagFolder(tag), index)])
  }
  for (let number = 0; number < tags; number++) link(store, tagFolder(tagName(number)), ONE_TAG)
  mkdirSync(dirname(join(store, folderOf(catalogName(0)))), { recursive: true })
  for (let number = 0; number < repositories; number++) link(store, folderOf(catalogName(number)), ONE_REPOSITORY)
}

function link(store: string, path: string, target: string): void {
  symlinkSync(relative(dirname(path), target), join(store, path))
}

function write(store: string, objects: Objects): void {
  for (const [path, content] of objects) {
    mkdirSync(dirname(join(store, path)), { recursive: true })
    writeFileSync(join(store, path), content)
  }
}
