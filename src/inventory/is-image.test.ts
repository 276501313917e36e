import { describe, expect, it } from 'bun:test'
import { parseManifest } from '../oci/manifest.ts'
import { layersOf } from './held-layers.ts'
import { isImage } from './is-image.ts'

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const FOREIGN = 'application/vnd.oci.image.layer.nondistributable.v1.tar'

function manifest(config: string, ...layers: readonly string[]) {
  const descriptor = (mediaType: string, n: number) => ({
    ...{ mediaType, digest: `sha256:${String(n).padStart(64, '0')}`, size: 1 },
  })
  const body = {
    ...{ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    ...{ config: descriptor(config, 0), layers: layers.map((type, n) => descriptor(type, n + 1)) },
  }
  return parseManifest(new TextEncoder().encode(JSON.stringify(body)), undefined)
}

describe('isImage', () => {
  it.each([
    [CONFIG, [LAYER]],
    [CONFIG, ['application/octet-stream']],
    [CONFIG, []],
    [CONFIG, ['application/vnd.dev.cosign.simplesigning.v1+json', 'application/x-tar']],
    ['application/vnd.foo.v1+json', ['application/vnd.foo']],
    ['application/vnd.docker.plugin.v1+json', ['application/vnd.docker.plugin']],
    ['application/octet-stream', ['application/vnd.OCI.image.layer.v1.tar']],
    ['application/vnd.oci.empty.v1+json', ['application/vnd.OCI.image.layer.v1.tar']],
    ['application/vnd.oci.empty.v1+json', ['text/plain', LAYER]],
  ])('%s with %j is one', (config, layers) => expect(isImage(manifest(config, ...layers))).toBe(true))

  it.each([
    ['application/vnd.cncf.helm.config.v1+json', ['application/vnd.cncf.helm.chart.content.v1.tar+gzip']],
    [CONFIG, ['application/vnd.dev.cosign.simplesigning.v1+json']],
    [CONFIG, ['application/vnd.in-toto+json', 'application/vnd.in-toto+json']],
    [CONFIG, ['text/spdx+json']],
    ['application/vnd.oci.empty.v1+json', ['application/vnd.cyclonedx+json']],
    ['application/vnd.oci.empty.v1+json', []],
    ['application/vnd.wasm.config.v0+json', ['application/wasm']],
    ['application/vnd.unknown.config.v1+json', ['application/octet-stream']],
  ])('%s with %j is none', (config, layers) => expect(isImage(manifest(config, ...layers))).toBe(false))
})

it('layers of an image are all that it has, whatever they are called, without those that are elsewhere', () => {
  const found = layersOf(manifest(CONFIG, LAYER, FOREIGN, 'application/octet-stream', 'application/vnd.OCI.x'))
  expect(found.map((digest) => digest.slice(-1))).toEqual(['1', '3', '4'])
})
