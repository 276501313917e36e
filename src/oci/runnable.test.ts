import { describe, expect, it } from 'bun:test'
import { parseManifest } from './manifest.ts'
import { isImage, runnableOf } from './runnable.ts'

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'
const HELM = 'application/vnd.cncf.helm.config.v1+json'
const CHART = 'application/vnd.cncf.helm.chart'
const TRIVY = 'application/vnd.aquasec.trivy.config.v1+json'
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
    ['a type that somebody made up', 'application/vnd.foo.v1+json', ['application/vnd.foo'], {}],
    ['a plugin of Docker', 'application/vnd.docker.plugin.v1+json', ['application/octet-stream'], {}],
    ['an artifact with a layer that says nothing', EMPTY, ['application/spdx+json', 'application/octet-stream'], {}],
    [
      'an artifact with a compressed layer',
      EMPTY,
      ['application/vnd.foo+gzip'],
      { artifactType: 'application/spdx+json' },
    ],
    ['a chart with another layer', HELM, [`${CHART}.content.v1.tar+gzip`, 'application/x'], {}],
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
    ['a chart', HELM, [`${CHART}.content.v1.tar+gzip`], {}],
    ['a signed chart', HELM, [`${CHART}.content.v1.tar+gzip`, `${CHART}.provenance.v1.prov`], {}],
    ['VEX', EMPTY, ['application/vnd.openvex+json'], { artifactType: 'application/vnd.openvex' }],
    ['an attestation of Docker', EMPTY, ['application/vnd.in-toto+json'], SUBJECT],
    ['results of a scan', EMPTY, ['application/sarif+json'], SUBJECT],
    ['what Trivy knows', TRIVY, ['application/vnd.aquasec.trivy.db.layer.v1.tar+gzip'], {}],
    ['what ORAS makes of texts', 'application/vnd.unknown.config.v1+json', ['text/plain', 'application/yaml'], {}],
    ['what has nothing in it but an annotation', EMPTY, [], SUBJECT],
    ['the empty layer', EMPTY, [EMPTY], SUBJECT],
  ])('not %s', (_, config, layers, more) => {
    expect(found(config, layers, more)).toBe('no')
  })

  it.each([
    ['cosign’s signatures', [COSIGN, COSIGN]],
    ['cosign’s attestations', ['application/vnd.dsse.envelope.v1+json']],
    ['BuildKit’s attestations', ['application/vnd.in-toto+json', 'application/vnd.in-toto+json']],
  ])('perhaps not %s: it depends on their layers', (_, layers) => {
    expect(found(OCI_CONFIG, layers)).toBe('statement')
    expect(found('application/vnd.foo.v1+json', layers)).toBe('statement')
    expect(found(OCI_CONFIG, [...layers, 'application/octet-stream'])).toBe('yes')
  })
})

const PLUGIN = 'application/vnd.docker.plugin.v1+json'
const OCTETS = 'application/octet-stream'

/**
 * What was seen with real engines: one image with a tar of one file in it, its configuration and its layer called
 * otherwise each time. Docker Engine 20.10.24 (pull, create, cp) and containerd 1.6.20 (ctr image pull and mount) unpacked
 * it, or refused its configuration or its layer. Of each type of configuration these types of layers were tried.
 */
const TRIED = [
  OCI_LAYER,
  ...[OCTETS, 'application/x-tar', 'application/gzip', 'application/vnd.foo', 'application/vnd.foo+gzip'],
  ...['application/vnd.foo+zstd', 'application/vnd.foo.tar', 'application/wasm', 'application/jose+json', EMPTY],
  ...[`${CHART}.content.v1.tar+gzip`, COSIGN, 'application/vnd.in-toto+json', 'application/spdx+json'],
  ...['application/vnd.oci.image.layer.v1.tar; q=1', 'Application/VND.OCI.Image.Layer.v1.TAR+gzip'],
]
const UNPACKED: readonly (readonly [config: string, docker: readonly string[], containerd: readonly string[]])[] = [
  [OCI_CONFIG, [OCI_LAYER, OCTETS, ...TRIED.slice(-2)], [OCI_LAYER]],
  [PLUGIN, [OCI_LAYER, OCTETS, ...TRIED.slice(-2)], [OCI_LAYER]],
  [OCTETS, [OCI_LAYER, OCTETS], [OCI_LAYER]],
  ['application/json', [OCI_LAYER, OCTETS], [OCI_LAYER]],
  ['text/html', [OCI_LAYER, OCTETS], [OCI_LAYER]],
  ['application/vnd.foo.v1+json', [], [OCI_LAYER]],
  [EMPTY, [], [OCI_LAYER]],
  [HELM, [], [OCI_LAYER]],
  ['application/vnd.cncf.notary.signature', [], [OCI_LAYER]],
  ['application/vnd.wasm.config.v0+json', [], [OCI_LAYER]],
  ['Application/Vnd.Oci.Empty.V1+json', [], [OCI_LAYER]],
  [`${EMPTY}; q=1`, [], [OCI_LAYER]],
]

describe('what engines unpack', () => {
  it.each(UNPACKED)('with a configuration of the type %s is an image', (config, docker, containerd) => {
    for (const layer of new Set([...docker, ...containerd])) {
      expect([layer, found(config, [layer])]).toEqual([layer, 'yes'])
      expect(found(config, [layer], { artifactType: 'application/spdx+json', ...SUBJECT })).toBe('yes')
    }
    // Nothing that is called no image was unpacked by anybody.
    const called = TRIED.filter((layer) => found(config, [layer]) === 'no')
    expect(called.filter((layer) => docker.includes(layer) || containerd.includes(layer))).toEqual([])
  })

  it('is what scanning looks into; of an index, its images are', () => {
    const parse = (body: object) => parseManifest(new TextEncoder().encode(JSON.stringify(body)), undefined)
    const blob = (mediaType: string) => ({ mediaType, size: 2, digest: `sha256:${'0'.repeat(64)}` })
    const image = (config: string, layer: string) =>
      parse({ schemaVersion: 2, config: blob(config), layers: [blob(layer)] })
    expect(isImage(image(PLUGIN, OCTETS))).toBe(true)
    expect(isImage(image(OCI_CONFIG, COSIGN))).toBe(false)
    expect(isImage(image('application/vnd.foo.v1+json', 'application/vnd.foo'))).toBe(true)
    expect(isImage(image(EMPTY, 'application/vnd.OCI.image.layer.v1.tar'))).toBe(true)
    expect(isImage(image(HELM, `${CHART}.content.v1.tar+gzip`))).toBe(false)
    expect(isImage(parse({ schemaVersion: 2, manifests: [] }))).toBe(false)
  })
})
