import { expect, it } from 'bun:test'
import { parseManifest } from '../oci/manifest.ts'
import { layersOf } from './held-layers.ts'

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

it('layers of an image are all that it has, whatever they are called, without those that are elsewhere', () => {
  const found = layersOf(manifest(CONFIG, LAYER, FOREIGN, 'application/octet-stream', 'application/vnd.OCI.x'))
  expect(found.map((digest) => digest.slice(-1))).toEqual(['1', '3', '4'])
})
