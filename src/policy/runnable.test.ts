import { describe, expect, it } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { parseManifest } from '../oci/manifest.ts'
import { beginsLikeFileSystem, runnableOf } from './runnable.ts'

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'
const EMPTY = 'application/vnd.oci.empty.v1+json'
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const COSIGN = 'application/vnd.dev.cosign.simplesigning.v1+json'

function found(config: string, layers: readonly string[], more: Record<string, unknown> = {}) {
  const blob = (mediaType: string) => ({ mediaType, size: 2, digest: `sha256:${'0'.repeat(64)}` })
  const body = { schemaVersion: 2, config: blob(config), layers: layers.map(blob), ...more }
  return runnableOf(parseManifest(new TextEncoder().encode(JSON.stringify(body)), undefined))
}

const SUBJECT = {
  subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 2, digest: `sha256:${'1'.repeat(64)}` },
}

describe('what can be run', () => {
  it.each([
    ['an image', OCI_CONFIG, [OCI_LAYER], {}],
    ['an image of Docker', DOCKER_CONFIG, ['application/vnd.docker.image.rootfs.diff.tar.gzip'], {}],
    ['an image with a foreign layer', DOCKER_CONFIG, ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'], {}],
    ['an image with a subject', OCI_CONFIG, [OCI_LAYER], SUBJECT],
    [
      'an image that calls itself a signature',
      OCI_CONFIG,
      [OCI_LAYER],
      { artifactType: 'application/vnd.cncf.notary.signature' },
    ],
    [
      'a signature with a file system',
      EMPTY,
      [COSIGN, OCI_LAYER],
      { artifactType: 'application/vnd.cncf.notary.signature', ...SUBJECT },
    ],
    ['a file system in other letters', EMPTY, ['Application/VND.OCI.Image.Layer.v1.TAR+gzip'], {}],
    ['a file system with a parameter', EMPTY, [`${OCI_LAYER}; q=1`], {}],
    ['an encrypted layer', EMPTY, ['application/vnd.oci.image.layer.v1.tar+gzip+encrypted'], {}],
    ['a layer of a type that says nothing', OCI_CONFIG, ['application/octet-stream'], {}],
    ['a configuration of a type that says nothing', 'application/octet-stream', ['application/vnd.example+json'], {}],
    ['a configuration that is plain JSON', 'application/json; charset=utf-8', ['application/vnd.example'], {}],
    [
      'a type of artifact beside an image configuration',
      OCI_CONFIG,
      ['application/vnd.example'],
      { artifactType: 'application/vnd.example' },
    ],
    ['no layers', OCI_CONFIG, [], {}],
    ['a module', 'application/vnd.wasm.config.v0+json', ['application/wasm'], {}],
    ['a plain tar', EMPTY, ['application/x-tar'], {}],
    ['a squashed file system', EMPTY, ['application/vnd.stacker.image.layer.squashfs+zstd+verity'], {}],
  ])('%s', (_, config, layers, more) => {
    expect(found(config, layers, more)).toBe('yes')
  })

  it.each([
    ['a signature of notation', 'application/vnd.cncf.notary.signature', ['application/jose+json'], SUBJECT],
    [
      'a bundle',
      EMPTY,
      ['application/vnd.dev.sigstore.bundle.v0.3+json'],
      { artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' },
    ],
    ['an SBOM', EMPTY, ['application/spdx+json'], { artifactType: 'application/spdx+json', ...SUBJECT }],
    [
      'a chart',
      'application/vnd.cncf.helm.config.v1+json',
      ['application/vnd.cncf.helm.chart.content.v1.tar+gzip'],
      {},
    ],
  ])('not %s', (_, config, layers, more) => {
    expect(found(config, layers, more)).toBe('no')
  })

  it.each([
    ['cosign’s signatures', [COSIGN, COSIGN]],
    ['cosign’s attestations', ['application/vnd.dsse.envelope.v1+json']],
    ['BuildKit’s attestations', ['application/vnd.in-toto+json', 'application/vnd.in-toto+json']],
  ])('perhaps not %s: it depends on their layers', (_, layers) => {
    expect(found(OCI_CONFIG, layers)).toBe('statement')
    expect(found(OCI_CONFIG, [...layers, 'application/octet-stream'])).toBe('yes')
  })
})

/** A header as tar wants it, around any first bytes. */
function tarHeader(name: string): Uint8Array {
  const header = new Uint8Array(512)
  header.set(new TextEncoder().encode(name))
  header.set(new TextEncoder().encode('0000755\0'), 100)
  header.set(new TextEncoder().encode('        '), 148)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
  return header
}

describe('what begins like a file system', () => {
  it('is compressed, or a tar, also one that looks like JSON at first', () => {
    expect(beginsLikeFileSystem(gzipSync(tarHeader('bin/sh')))).toBe(true)
    expect(beginsLikeFileSystem(Bun.zstdCompressSync(tarHeader('bin/sh')))).toBe(true)
    expect(beginsLikeFileSystem(new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]))).toBe(true)
    expect(beginsLikeFileSystem(tarHeader('bin/sh'))).toBe(true)
    expect(beginsLikeFileSystem(tarHeader('{"payload":1}'))).toBe(true)
  })

  it('is no JSON, however long', () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ critical: { numbers: '0123456'.repeat(200) } }))
    expect(beginsLikeFileSystem(bytes.subarray(0, 512))).toBe(false)
    expect(beginsLikeFileSystem(new TextEncoder().encode('{}'))).toBe(false)
    expect(beginsLikeFileSystem(new Uint8Array())).toBe(false)
  })
})
