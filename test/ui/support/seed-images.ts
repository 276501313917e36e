import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { content } from '../../conformance/support/content.ts'
import { check } from '../../conformance/support/check.ts'
import { putManifest } from '../../conformance/support/manifests.ts'
import { pushBlob, type Target } from '../../conformance/support/uploads.ts'
import { berth } from '../../e2e/support/command.ts'
import { descriptor, image, index, manifestOf, pushImage } from '../../e2e/support/images.ts'
import { PATIENCE_MS } from '../../e2e/support/server.ts'
import { until } from '../../e2e/support/until.ts'
import { paxEntry } from '../../scanning/support/make-tar.ts'
import { affects, osvExport } from '../../support/osv-export.ts'
import { alpineFiles, type FullImage, fullImage, pushFull } from './looked-into.ts'

/** Each would name the page "owned" if anything ran it. */
export const HOSTILE: Readonly<Record<string, string>> = {
  'x.tag': '<script>document.title="owned"</script>',
  'x.handler': '<img src=x onerror="document.title=\'owned\'">',
  'x.attribute': '"><svg onload=document.title="owned">',
  'x.template': '{{constructor.constructor(\'document.title="owned"\')()}}',
  'x.turned': 'a\u202etxt.exe',
  'x.long': `${'long '.repeat(800)}end`,
  '<b onmouseover=document.title="owned">name</b>': 'a name',
  'org.opencontainers.image.url': 'javascript:document.title="owned"',
  'org.opencontainers.image.documentation': 'data:text/html,<script>document.title="owned"</script>',
  'org.opencontainers.image.vendor': 'https://good.example@evil.example/',
  'org.opencontainers.image.source': 'https://git.example/shop/app',
  'org.opencontainers.image.title': '<h1>Shop</h1>',
  'org.opencontainers.image.description': 'Sells things, and says so in a sentence that is somewhat longer.',
}

export const HOSTILE_NAMES = [
  '<img src=x onerror=document.title="owned">.txt',
  'turned\u202etxt.exe',
  'percent%41 #hash?query=1&more',
  `${'n'.repeat(180)}.txt`,
]

export const TEXT = Array.from({ length: 200 }, (_, n) => `line ${n + 1} of a text <b>that is no page</b>`).join('\n')
const BINARY = new Uint8Array(5000).map((_, n) => n % 256)

const HISTORY = [
  { created: '2026-01-01T00:00:00Z', created_by: '/bin/sh -c #(nop) ADD file:1 in / ' },
  { created: '2026-01-01T00:00:01Z', created_by: 'ENV PATH=/usr/local/bin:/usr/bin', empty_layer: true },
  { created: '2026-01-01T00:00:02Z', created_by: 'RUN /bin/sh -c apk add openssl # buildkit' },
  { created: '2026-01-01T00:00:03Z', created_by: 'CMD ["/bin/shop"]', empty_layer: true },
]

const CONFIG = {
  ...{ User: '1000:1000', WorkingDir: '/srv', Entrypoint: ['/bin/shop', '--name', 'a b'], Cmd: ['serve'] },
  ...{
    Env: ['PATH=/usr/local/bin:/usr/bin', 'SHOP_MODE=open'],
    ExposedPorts: { '8080/tcp': {} },
    Volumes: { '/data': {} },
  },
  Labels: { ...HOSTILE, owner: 'shop' },
}

export const V1 = fullImage({
  layers: [
    [...alpineFiles({ openssl: '3.0.8-r0', zlib: '1.2.13-r0', musl: '1.2.3-r4' }), { path: 'etc/gone', content: 'x' }],
    [
      { path: 'etc/.wh.gone' },
      { path: 'srv/', type: '5', mode: 0o755 },
      { path: 'srv/text.txt', content: TEXT, mode: 0o640 },
      { path: 'srv/binary', content: BINARY, mode: 0o755 },
      { path: 'srv/way', type: '2', link: '../etc' },
      { path: 'srv/large.log', content: 'a line of a long file\n'.repeat(10_000) },
      ...HOSTILE_NAMES.flatMap((name) => [paxEntry([['path', `srv/odd/${name}`]]), { path: 'x', content: name }]),
    ],
  ],
  config: CONFIG,
  history: HISTORY,
  annotations: HOSTILE,
})

export const V2 = fullImage({
  layers: [
    [...alpineFiles({ openssl: '3.0.9-r0', zlib: '1.2.13-r0', curl: '8.0.1-r0' })],
    [
      { path: 'srv/text.txt', content: `${TEXT}\nmore` },
      { path: 'srv/new', content: 'new' },
    ],
  ],
  config: { ...CONFIG, Env: ['PATH=/usr/bin', 'SHOP_DEBUG=1'], User: '0', Labels: { owner: 'shop' } },
  history: HISTORY,
})

const ARM = fullImage({
  architecture: 'arm64',
  layers: [[...alpineFiles({ openssl: '3.0.9-r0' }), { path: 'only-on-arm', content: 'arm' }]],
  config: { Env: ['ARM=yes'] },
})

const COUNT = 60
export const MANY = fullImage({
  layers: Array.from({ length: COUNT }, (_, n) => [{ path: `layer-${n}`, content: `${n}`.repeat(n * 50) }]),
  history: Array.from({ length: COUNT }, (_, n) => ({ created_by: `RUN step ${n}` })),
})

/** v1, v2, an index of platforms with an attestation, an image of 60 layers, a chart, a signature of nobody. */
export async function seedImages(target: Target, dataDir: string): Promise<void> {
  await pushFull(target, V1, 'v1')
  await pushFull(target, V2, 'v2')
  await pushFull(target, ARM)
  await pushIndex(target)
  await pushChart(target)
  await pushReferrer(target, V1)
  await bring(dataDir)
  for (const tag of ['v1', 'v2', 'multi']) await lookedInto(target, tag)
  await pushFull(target, MANY, 'sixty')
}

async function pushIndex(target: Target): Promise<void> {
  const statement = content('{"_type":"https://in-toto.io/Statement/v1"}')
  const attestation = image('attestation', { layers: [descriptor(statement, 'application/vnd.in-toto+json')] })
  await pushBlob(target, statement)
  await pushImage(target, attestation)
  const child = ({ manifest }: FullImage, architecture: string) => ({
    ...descriptor(manifest, manifest.mediaType),
    platform: { os: 'linux', architecture },
  })
  const children = [
    child(V1, 'amd64'),
    child(ARM, 'arm64'),
    {
      ...descriptor(attestation.manifest, attestation.manifest.mediaType),
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': V1.manifest.digest,
      },
    },
  ]
  check(await putManifest(target, 'multi', index(children, { annotations: HOSTILE })), { status: 201 })
}

async function pushChart(target: Target): Promise<void> {
  const config = content(JSON.stringify({ name: 'shop', version: '1.2.3', description: HOSTILE['x.handler'] }))
  const chart = content('not really a tar')
  for (const blob of [config, chart]) await pushBlob(target, blob)
  const body = {
    ...{ schemaVersion: 2, mediaType: V1.manifest.mediaType },
    config: descriptor(config, 'application/vnd.cncf.helm.config.v1+json'),
    layers: [
      {
        ...descriptor(chart, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'),
        annotations: { 'org.opencontainers.image.title': '<i>shop</i>-1.2.3.tgz' },
      },
    ],
    annotations: HOSTILE,
  }
  check(await putManifest(target, '1.2.3_chart', manifestOf(body, V1.manifest.mediaType)), { status: 201 })
}

/** A bill of materials that somebody attached. */
async function pushReferrer(target: Target, about: FullImage): Promise<void> {
  const config = content('{}')
  const document = content(
    JSON.stringify({
      ...{ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 },
      components: [{ type: 'library', name: '<i>evil</i>', version: '1', purl: 'pkg:npm/%3Ci%3Eevil%3C%2Fi%3E@1' }],
    }),
  )
  for (const blob of [config, document]) await pushBlob(target, blob)
  const type = 'application/vnd.cyclonedx+json'
  const body = {
    ...{ schemaVersion: 2, mediaType: about.manifest.mediaType, artifactType: type },
    config: descriptor(config, 'application/vnd.oci.empty.v1+json'),
    layers: [descriptor(document, type)],
    subject: descriptor(about.manifest, about.manifest.mediaType),
    annotations: HOSTILE,
  }
  const manifest = manifestOf(body, about.manifest.mediaType)
  check(await putManifest(target, manifest.digest, manifest), { status: 201 })
}

/** Holes in openssl and zlib, as from a file that somebody carried here. */
async function bring(dataDir: string): Promise<void> {
  const modified = new Date().toISOString()
  const records = [
    {
      ...{ id: 'ALPINE-CVE-2099-0001', upstream: ['CVE-2099-0001'], modified },
      details: '<script>document.title="owned"</script> a hole in openssl',
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      affected: [affects('Alpine:v3.99', 'openssl', '3.0.9-r0')],
    },
    {
      ...{ id: 'ALPINE-CVE-2099-0002', details: 'a small hole in zlib', modified },
      aliases: ['CVE-2099-0002', 'GHSA-zlib-0002-0002'],
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N' }],
      affected: [affects('Alpine:v3.99', 'zlib')],
    },
  ]
  const folder = await mkdtemp(join(tmpdir(), 'berth-osv-'))
  try {
    const file = join(folder, 'all.zip')
    await writeFile(file, osvExport(records))
    const { code, stderr } = await berth(['vulndb', 'import', file, '--ecosystem', 'Alpine', '--data', dataDir])
    if (code !== 0) throw new Error(stderr)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function lookedInto({ registry, name }: Target, tag: string): Promise<void> {
  const path = `/api/v1/repositories/${encodeURIComponent(name)}/images/${tag}/report`
  await until(
    `${tag} is looked into, and matched`,
    async () => {
      const answer = await registry.send('GET', path)
      const { state } = JSON.parse(answer.text) as { readonly state?: string }
      return state === 'complete' ? true : undefined
    },
    2 * PATIENCE_MS,
  )
}
