/** What is told of an index whose images are many, or not all here. */
import { afterAll, beforeAll, expect, it } from 'bun:test'
import { findManifestByDigest } from '../../src/metadata/manifests.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { parseRepositoryName } from '../../src/oci/name.ts'
import { imagesOf } from '../../src/inventory/choose-image.ts'
import { check } from '../conformance/support/check.ts'
import { OCI_INDEX, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { descriptor, image, index, manifestOf } from '../e2e/support/images.ts'
import { type InProcess, openInProcess } from '../e2e/support/in-process.ts'

const first = image('index-images')
const images = Array.from({ length: 52 }, (_, n) =>
  manifestOf({ ...first.body, annotations: { n: `${n}` } }, OCI_MANIFEST),
)
const here = images.map((each) => descriptor(each, OCI_MANIFEST))
const absent = (n: number) => ({ ...descriptor(image(`absent ${n}`).manifest, OCI_MANIFEST) })

let server: InProcess

beforeAll(async () => {
  server = await openInProcess({ config: { content: { sparse: true } } })
  for (const blob of [first.config, first.layer]) await pushBlob({ registry: server, name: 'a/b' }, blob)
  for (const each of images) await put(each)
})
afterAll(() => server.close())

async function put(document: (typeof images)[number]): Promise<void> {
  check(await putManifest({ registry: server, name: 'a/b' }, document.digest, document), { status: 201 })
}

async function told(document: ReturnType<typeof index>) {
  await put(document)
  const { reader } = server.app.registry.database
  const repository = parseRepositoryName('a/b')
  const head = await findManifestByDigest(reader, repository, parseDigest(document.digest))
  if (head === undefined) throw new Error('it was not pushed')
  const found = await imagesOf(reader, { head, spot: { repository, repositoryId: head.repositoryId } })
  return { images: found?.images.length, reasons: found?.reasons }
}

it('images that are not here are said to be that', async () => {
  const inner = index([absent(1), ...here.slice(0, 1)])
  await put(inner)
  expect(await told(index([descriptor(inner, OCI_INDEX), ...here.slice(0, 2), absent(2)]))).toEqual({
    images: 2,
    reasons: ['2 of the manifests that the index names are not here'],
  })
})

it('more than fifty are counted', async () => {
  expect(await told(index(here))).toEqual({
    images: 50,
    reasons: ['2 more manifests of the index were not looked at'],
  })
})

it('not more than some hundred manifests are looked at', async () => {
  const many = Array.from({ length: 203 }, (_, n) => absent(n))
  expect(await told(index([...many, ...here.slice(0, 1)]))).toEqual({
    images: 0,
    reasons: [
      '200 of the manifests that the index names are not here',
      '4 more manifests of the index were not looked at',
    ],
  })
})
