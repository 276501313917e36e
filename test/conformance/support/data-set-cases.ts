import { describe, expect, test } from 'bun:test'
import { checkBlob, deleteBlob } from './blobs.ts'
import { check, headerOf, parse } from './check.ts'
import type { Registry } from './client.ts'
import type { DataSet } from './data-set.ts'
import * as m from './manifests.ts'
import { pushBlob } from './uploads.ts'

/** The life of a data set, from push to delete, in the order of the official suite; each step needs those before it. */
export function describeDataSet(registry: Registry, set: DataSet): void {
  const target = { registry, name: registry.repository(set.label) }
  describe(set.label, () => {
    test('push blobs', async () => {
      for (const blob of set.blobs.values()) await pushBlob(target, blob)
    })

    test('push manifests by digest, children first', async () => {
      for (const manifest of set.manifests) {
        const tags = set.tagParam ? tagsOf(set, manifest) : []
        const answer = await m.putManifest(target, manifest.digest, manifest, { tag: tags })
        check(answer, m.pushed(target.name, manifest))
        expect(splitList(answer.headers.get('OCI-Tag'))).toEqual([...tags].sort())
        check(await registry.send('GET', headerOf(answer, 'Location')), { status: 200, body: manifest.bytes })
      }
    })

    if (!set.tagParam && set.tags.size > 0) {
      test('push tags', async () => {
        for (const [tag, manifest] of set.tags) {
          check(await m.putManifest(target, tag, manifest), m.pushed(target.name, manifest))
        }
      })
    }

    test('list tags', async () => {
      const tags = [...set.tags.keys()].sort()
      const list = async (query = {}) => parse(await m.listTags(target, query), m.TagList)
      expect(await list()).toEqual({ name: target.name, tags })
      for (const [i, last] of tags.entries()) expect((await list({ last })).tags).toEqual(tags.slice(i + 1))
    })

    test('head and pull manifests by tag', async () => {
      for (const [tag, manifest] of set.tags) await m.checkManifest(target, tag, manifest)
    })

    test('head and pull manifests by digest', async () => {
      for (const manifest of set.manifests) await m.checkManifest(target, manifest.digest, manifest)
    })

    test('head and pull blobs', async () => {
      for (const blob of set.blobs.values()) await checkBlob(target, blob)
    })

    test('list referrers, all and by each type', async () => {
      for (const [subject, referrers] of set.referrers) await checkReferrers(registry, target.name, subject, referrers)
    })

    test('delete tags', async () => {
      for (const tag of set.tags.keys()) await m.deleteManifest(target, tag)
      for (const manifest of set.manifests) await m.checkManifest(target, manifest.digest, manifest)
    })

    test('delete manifests, parents first', async () => {
      for (const { digest } of set.manifests.toReversed()) await m.deleteManifest(target, digest)
      for (const subject of set.referrers.keys()) await checkReferrers(registry, target.name, subject, [])
    })

    test('delete blobs', async () => {
      for (const digest of set.blobs.keys()) await deleteBlob(target, digest)
    })
  })
}

async function checkReferrers(
  registry: Registry,
  name: string,
  subject: string,
  referrers: readonly m.Descriptor[],
): Promise<void> {
  const list = async (artifactType?: string) =>
    byDigest(
      parse(await m.listReferrers(registry, { name, subject, ...(artifactType && { artifactType }) }), m.Index)
        .manifests,
    )
  expect(await list()).toEqual(byDigest(referrers))
  const types = new Set(referrers.map((referrer) => referrer.artifactType).filter((type) => typeof type === 'string'))
  for (const type of types) {
    expect(await list(type)).toEqual(byDigest(referrers.filter((referrer) => referrer.artifactType === type)))
  }
}

function byDigest(descriptors: readonly m.Descriptor[]): m.Descriptor[] {
  return [...descriptors].sort((a, b) => (a.digest < b.digest ? -1 : 1))
}

function tagsOf(set: DataSet, manifest: m.Manifest): string[] {
  return [...set.tags].filter(([, tagged]) => tagged === manifest).map(([tag]) => tag)
}

/** `OCI-Tag` may be one header with commas or several: fetch joins them. */
function splitList(value: string | null): string[] {
  return value === null
    ? []
    : value
        .split(',')
        .map((part) => part.trim())
        .sort()
}
