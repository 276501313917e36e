import { beforeAll, describe, expect, test } from 'bun:test'
import { check, parse } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { randomContent } from './support/content.ts'
import { DataSet } from './support/data-set.ts'
import * as m from './support/manifests.ts'
import { pushBlob } from './support/uploads.ts'

const registry = useRegistry('referrers')
const target = { registry, name: registry.repository('one') }
const SIGNATURE = 'application/vnd.example.signature'
const SBOM = 'application/vnd.example.sbom+json'

const set = new DataSet('referrers')
const subject = set.image({ tag: 'latest' })
const signature = set.artifact(SIGNATURE, { subject, annotations: { signer: 'a+b & c' } })
const sbom = set.artifact(SBOM, { subject })
const untyped = set.index({ subject, manifests: [] })

beforeAll(async () => {
  for (const blob of set.blobs.values()) await pushBlob(target, blob)
  // The subject comes last: what refers to it may be there before it.
  for (const manifest of set.manifests.toReversed()) {
    check(await m.putManifest(target, manifest.digest, manifest), m.pushed(target.name, manifest))
  }
})

async function digests(artifactType?: string | readonly string[]): Promise<string[]> {
  const ask = { name: target.name, subject: subject.digest, ...(artifactType !== undefined && { artifactType }) }
  return parse(await m.listReferrers(registry, ask), m.Index).manifests.map(({ digest }) => digest)
}

describe('end-12a: the referrers of a subject', () => {
  test('all, each with its type and its annotations and nothing else', async () => {
    const answer = await m.listReferrers(registry, { name: target.name, subject: subject.digest })
    const { manifests } = parse(answer, m.Index)
    expect(manifests).toContainEqual({ ...signature, artifactType: SIGNATURE, annotations: { signer: 'a+b & c' } })
    expect(manifests).toContainEqual({ ...sbom, artifactType: SBOM })
    // An index without an artifactType has none: it has no config to take it from.
    expect(manifests).toContainEqual({ ...untyped })
    expect(manifests).toHaveLength(3)
  })

  test('each once, however often it is pushed', async () => {
    for (const manifest of set.manifests) {
      check(await m.putManifest(target, `again-${manifest.digest.slice(7, 19)}`, manifest), { status: 201 })
    }
    expect(await digests()).toHaveLength(3)
  })

  test('of one type', async () => {
    expect(await digests(SIGNATURE)).toEqual([signature.digest])
    expect(await digests(SBOM)).toEqual([sbom.digest])
  })

  test('of one type or another', async () => {
    expect((await digests([SIGNATURE, SBOM])).sort()).toEqual([signature.digest, sbom.digest].sort())
  })

  test('of a type nobody has: empty, and the filter is still said to be applied', async () => {
    expect(await digests('application/vnd.example.none')).toEqual([])
  })

  test('of a subject that is not there: empty', async () => {
    const { digest } = randomContent('referrers/none', 32)
    const answer = await m.listReferrers(registry, { name: target.name, subject: digest })
    expect(parse(answer, m.Index).manifests).toEqual([])
  })

  test.each(['sha256:short', 'latest', 'md5:abc'])('of %s, which is no digest: 400', async (word) => {
    const answer = await registry.send('GET', `/v2/${target.name}/referrers/${word}`)
    check(answer, { status: 400, error: 'DIGEST_INVALID' })
  })

  test('stay when the subject goes, and go one by one at once', async () => {
    await m.deleteManifest(target, subject.digest)
    expect(await digests()).toHaveLength(3)
    await m.deleteManifest(target, signature.digest)
    expect((await digests()).sort()).toEqual([sbom.digest, untyped.digest].sort())
  })
})

test('end-7a: a subject that is malformed is 400', async () => {
  const bad = new DataSet('referrers/bad')
  bad.artifact(SBOM, { subject: { mediaType: m.OCI_MANIFEST, digest: 'sha256:short', size: 2 } })
  for (const blob of bad.blobs.values()) await pushBlob(target, blob)
  for (const manifest of bad.manifests) {
    check(await m.putManifest(target, 'bad', manifest), { status: 400, error: 'MANIFEST_INVALID' })
  }
})
