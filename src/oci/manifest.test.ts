import { describe, expect, it } from 'bun:test'
import { OciError } from './errors.ts'
import { parseManifest } from './manifest.ts'
import { DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, type MediaType, OCI_INDEX, OCI_MANIFEST } from './media-type.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const OTHER = `sha512:${'b'.repeat(128)}`
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: DIGEST, size: 2 }
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: OTHER, size: 3 }
const image = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] }
const child = { mediaType: OCI_MANIFEST, digest: DIGEST, size: 4 }
const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] }

function parse(body: unknown, contentType?: string) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return parseManifest(new TextEncoder().encode(text), contentType as MediaType | undefined)
}

function refusalOf(body: unknown, contentType?: string): { code: string; message: string } | undefined {
  try {
    parse(body, contentType)
    return undefined
  } catch (error) {
    if (error instanceof OciError) return { code: error.code, message: error.message }
    throw error
  }
}

describe('what is accepted', () => {
  it('an image: config first, then the layers in order', () => {
    expect(parse(image)).toEqual({
      kind: 'image',
      mediaType: OCI_MANIFEST,
      artifactType: config.mediaType,
      annotations: undefined,
      subject: undefined,
      blobs: [config, layer],
      children: [],
    })
  })

  it('an index: its manifests', () => {
    expect(parse(index)).toMatchObject({ kind: 'index', mediaType: OCI_INDEX, blobs: [], children: [child] })
  })

  it.each([
    [
      'the Content-Type decides where the body says nothing',
      { ...image, mediaType: undefined },
      DOCKER_MANIFEST,
      DOCKER_MANIFEST,
    ],
    ['an image without any type', { ...image, mediaType: undefined }, undefined, OCI_MANIFEST],
    ['an index without any type', { ...index, mediaType: undefined }, undefined, OCI_INDEX],
    ['a Docker list', { ...index, mediaType: DOCKER_MANIFEST_LIST }, DOCKER_MANIFEST_LIST, DOCKER_MANIFEST_LIST],
    ['null for a type', { ...image, mediaType: null }, undefined, OCI_MANIFEST],
  ])('%s', (_, body, contentType, mediaType) => {
    expect(parse(body, contentType)).toMatchObject({ mediaType })
  })

  it.each([
    ['null layers, as Go writes a nil slice', { ...image, layers: null }],
    ['no layers', { ...image, layers: [] }],
    ['unknown fields', { ...image, extra: { deep: [1] } }],
    ['a layer type with parameters', { ...image, layers: [{ ...layer, mediaType: 'text/plain; charset=utf-8' }] }],
    ['a layer of an algorithm we cannot compute', { ...image, layers: [{ ...layer, digest: 'blake3:abcDEF_-=' }] }],
    ['an empty artifact type', { ...image, artifactType: '' }],
    ['size 0', { ...image, layers: [{ ...layer, size: 0 }] }],
  ])('%s', (_, body) => {
    expect(refusalOf(body)).toBeUndefined()
  })

  it('subject, annotations and artifactType are read', () => {
    const subject = { mediaType: OCI_MANIFEST, digest: DIGEST, size: 5 }
    const body = { ...image, subject, annotations: { a: 'b' }, artifactType: 'application/vnd.example.sbom' }
    expect(parse(body)).toMatchObject({
      subject,
      annotations: { a: 'b' },
      artifactType: 'application/vnd.example.sbom',
    })
  })
})

describe('what is refused', () => {
  it.each([
    ['not JSON', '{', 'not valid JSON'],
    ['a list', [], 'not a JSON object'],
    ['a number', '1', 'not a JSON object'],
    ['a byte order mark', '\ufeff{}', 'byte order mark'],
    ['a key twice', `{"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[],"layers":[]}`, 'twice'],
    ['schema 1', { ...image, schemaVersion: 1 }, 'schemaVersion'],
    ['no schemaVersion', { ...image, schemaVersion: undefined }, 'schemaVersion'],
    ['schemaVersion as text', { ...image, schemaVersion: '2' }, 'schemaVersion'],
    ['layers in an index', { ...index, layers: [] }, 'layers'],
    ['config in an index', { ...index, config }, 'config'],
    ['manifests in an image', { ...image, manifests: [] }, 'manifests'],
    ['fsLayers', { ...image, fsLayers: [] }, 'fsLayers'],
    ['no config', { ...image, config: undefined }, 'config'],
    ['no layers', { ...image, layers: undefined }, 'layers'],
    ['no manifests', { ...index, manifests: undefined }, 'manifests'],
    ['layers that are an object', { ...image, layers: {} }, 'layers'],
    ['a layer that is text', { ...image, layers: ['x'] }, 'layers[0]'],
    ['a negative size', { ...image, layers: [layer, { ...layer, size: -1 }] }, 'layers[1].size'],
    ['half a byte', { ...image, config: { ...config, size: 0.5 } }, 'config.size'],
    ['a size beyond 2^53', { ...image, config: { ...config, size: 2 ** 53 } }, 'config.size'],
    ['size as text', { ...image, config: { ...config, size: '2' } }, 'config.size'],
    ['a short digest', { ...image, config: { ...config, digest: 'sha256:abc' } }, 'config.digest'],
    ['an upper-case digest', { ...image, config: { ...config, digest: DIGEST.toUpperCase() } }, 'config.digest'],
    ['a digest with a path', { ...image, config: { ...config, digest: 'md5:../../etc' } }, 'config.digest'],
    ['a type with a line break', { ...image, config: { ...config, mediaType: 'a/b\r\nx: y' } }, 'config.mediaType'],
    ['no type of a layer', { ...image, layers: [{ ...layer, mediaType: undefined }] }, 'layers[0].mediaType'],
    ['a bad subject', { ...image, subject: {} }, 'subject'],
    ['annotations that are no texts', { ...image, annotations: { a: 1 } }, 'annotations'],
    ['annotations that are a list', { ...image, annotations: [] }, 'annotations'],
    ['an artifact type that is none', { ...image, artifactType: 'a b' }, 'artifactType'],
    ['1001 layers', { ...image, layers: Array.from({ length: 1001 }, () => layer) }, '1000'],
    ['a type we do not know', { ...image, mediaType: 'application/vnd.example+json' }, 'not accepted'],
    ['a type that is none', { ...image, mediaType: 'nonsense' }, 'mediaType'],
  ])('%s', (_, body, expected) => {
    const refusal = refusalOf(body)
    expect(refusal?.code).toBeOneOf(['MANIFEST_INVALID', 'DIGEST_INVALID'])
    expect(refusal?.message).toContain(expected)
  })

  it.each([
    ['an image sent as an index', image, OCI_INDEX],
    ['an OCI image sent as Docker’s', image, DOCKER_MANIFEST],
    ['an index in an image’s clothes', { ...index, mediaType: undefined }, OCI_MANIFEST],
  ])('%s (CVE-2021-41190)', (_, body, contentType) => {
    expect(refusalOf(body, contentType)?.code).toBe('MANIFEST_INVALID')
  })
})
