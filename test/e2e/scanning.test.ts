/** From a push to a finding to a refused pull, in the real server, with its own processes. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { check, errorsOf, headerOf } from '../conformance/support/check.ts'
import { content } from '../conformance/support/content.ts'
import { OCI_CONFIG, OCI_MANIFEST } from '../conformance/support/manifests.ts'
import { makeTar } from '../scanning/support/make-tar.ts'
import { affects, osvExport, type OsvFixture } from '../support/osv-export.ts'
import { rowsIn } from '../support/rows.ts'
import { addUser, berth } from './support/command.ts'
import { descriptor, type Image, index, manifestOf, pushImage } from './support/images.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { until } from './support/until.ts'

setDefaultTimeout(2 * PATIENCE_MS)

const server = useServer({
  env: { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' },
})
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const RELEASE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.99.0\nPRETTY_NAME="Alpine Linux v3.99"\n'

/** An Alpine image with these packages; `files`: more of them, in a layer above. */
function alpine(packages: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>> = {}): Image {
  const database = Object.entries(packages)
    .map(([name, version]) => `C:Q1\nP:${name}\nV:${version}\nA:x86_64\no:${name}\nL:MIT\n`)
    .join('\n')
  const tar = makeTar(
    { path: 'etc/os-release', content: RELEASE },
    { path: 'lib/apk/db/installed', content: `${database}\n` },
    { path: `opt/${JSON.stringify(packages).length}`, content: JSON.stringify(packages) },
  )
  const layer = content(new Uint8Array(gzipSync(tar)))
  const config = content(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: labels }, created: '2026-01-01T00:00:00Z' }),
  )
  const body = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST },
    ...{ config: descriptor(config, OCI_CONFIG), layers: [descriptor(layer, LAYER)] },
  }
  return { config, layer, manifest: manifestOf(body, OCI_MANIFEST), body }
}

interface Report {
  readonly state: string
  readonly reasons: readonly string[]
  readonly packages: number
  readonly counts: Readonly<Record<string, number>>
  readonly suppressed: number
  readonly dataUpdatedAt?: string
  readonly findings: readonly {
    readonly vulnerability: string
    readonly package: string
    readonly severity: string
    readonly fixedVersion?: string
    readonly suppressed?: { readonly reason: string }
  }[]
  readonly images?: readonly { readonly platform?: string; readonly state: string }[]
}

async function api<T>(path: string): Promise<T> {
  const answer = check(await registry.send('GET', `/api/v1${path}`), { status: 200 })
  return JSON.parse(answer.text) as T
}

function at(repository: string, reference: string): string {
  return `/repositories/${encodeURIComponent(repository)}/images/${reference}`
}

function report(repository: string, reference: string): Promise<Report> {
  return api(`${at(repository, reference)}/report`)
}

async function reportWhen(repository: string, reference: string, when: (found: Report) => boolean): Promise<Report> {
  return until(`the report of ${repository}:${reference}`, async () => {
    const found = await report(repository, reference)
    return when(found) ? found : undefined
  })
}

const modified = new Date().toISOString()
const OPENSSL: OsvFixture = {
  ...{ id: 'ALPINE-CVE-2099-0001', upstream: ['CVE-2099-0001'], details: 'a hole in openssl', modified },
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [affects('Alpine:v3.99', 'openssl', '3.0.9-r0')],
}
const ZLIB: OsvFixture = {
  ...{ id: 'ALPINE-CVE-2099-0002', details: 'a small hole in zlib', modified },
  aliases: ['CVE-2099-0002', 'GHSA-zlib-0002-0002'],
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N' }],
  affected: [affects('Alpine:v3.99', 'zlib')],
}

/** Data as from a file that somebody carried here. */
async function bring(...records: readonly OsvFixture[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-osv-'))
  try {
    const file = join(folder, 'all.zip')
    await writeFile(file, osvExport(records))
    const { dataDir } = server.running
    const result = await berth(['vulndb', 'import', file, '--ecosystem', 'Alpine', '--data', dataDir])
    expect([result.stderr, result.code]).toEqual(['', 0])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function command(...words: readonly string[]): Promise<string> {
  const result = await berth([...words, '--data', server.running.dataDir])
  expect([result.stderr, result.code]).toEqual(['', 0])
  return result.stdout
}

const OLD = alpine({ openssl: '3.0.8-r0', zlib: '1.2.13-r0', musl: '1.2.3-r4' }, { owner: 'shop' })
const NEW = alpine({ openssl: '3.0.9-r0', zlib: '1.2.13-r0', curl: '8.0.1-r0' }, { owner: 'shop' })
const BASIC = { authorization: `Basic ${btoa('ann:a long enough password')}` }
const registry = server.with(BASIC)
const APP = { registry, name: 'shop/app' }

async function comparedByCommand(): Promise<string> {
  const result = await berth(['compare', 'shop/app:v1', ':v2', '--data', server.running.dataDir])
  expect(result.code).toBe(0)
  return result.stdout
}

describe('an image that is pushed', () => {
  beforeAll(async () => {
    await addUser(server.running.dataDir, 'ann', 'a long enough password')
    await command('user', 'set', 'ann', '--role', 'administrator')
    await command('project', 'add', 'shop')
    await pushImage(APP, OLD, 'v1')
    await pushImage(APP, NEW, 'v2')
  })

  test('is looked into by itself; without data nobody says that it is without vulnerabilities', async () => {
    const found = await reportWhen('shop/app', 'v1', ({ state }) => state !== 'waiting')
    expect(found).toMatchObject({ state: 'no-data', packages: 3, findings: [] })
    expect(found.reasons.join()).toContain('berth vulndb')
    expect('dataUpdatedAt' in found).toBe(false)
  })

  test('is an event of each repository that has it', async () => {
    await reportWhen('shop/app', 'v1', ({ state }) => state !== 'waiting')
    const { items } = await api<{ items: readonly { readonly digest: string }[] }>(
      '/events?type=image.scanned&repository=shop/app',
    )
    expect(items.find(({ digest }) => digest === OLD.manifest.digest)).toMatchObject({ repository: 'shop/app' })
  })

  test('has its findings once there is data, and no layer is read for it', async () => {
    await reportWhen('shop/app', 'v2', ({ state }) => state !== 'waiting')
    expect(await comparedByCommand()).toContain("The first image's report is no-data")
    const before = await rowsIn(server.running.dataDir, 'select digest, analyzed_at from layer_inventories')
    await bring(OPENSSL, ZLIB)
    const found = await reportWhen('shop/app', 'v1', ({ state }) => state === 'complete')
    expect(found.findings).toMatchObject([
      { vulnerability: 'CVE-2099-0001', package: 'openssl', severity: 'critical', fixedVersion: '3.0.9-r0' },
      { vulnerability: 'CVE-2099-0002', package: 'zlib', severity: 'low' },
    ])
    expect(found.findings[1]?.fixedVersion).toBeUndefined()
    expect(found.counts).toMatchObject({ critical: 1, low: 1, high: 0 })
    expect(Date.parse(found.dataUpdatedAt ?? '')).toBeGreaterThan(Date.now() - 300_000)
    expect(await rowsIn(server.running.dataDir, 'select digest, analyzed_at from layer_inventories')).toEqual(before)
    expect((await report('shop/app', 'v2')).findings.map(({ package: name }) => name)).toEqual(['zlib'])
  })

  test('is found by what is in it', async () => {
    const found = (query: string) =>
      api<{ items: { digest: string; version: string }[] }>(`/packages?${query}`).then(({ items }) =>
        items.map(({ digest }) => digest).toSorted(),
      )
    const both = [OLD.manifest.digest, NEW.manifest.digest].toSorted()
    expect(await found('name=openssl')).toEqual(both)
    expect(await found('name=openssl&below=3.0.9-r0')).toEqual([OLD.manifest.digest])
    expect(await found('name=openssl&below=3.0.8-r0')).toEqual([])
    expect(await found('vulnerability=CVE-2099-0002')).toEqual(both)
    expect(await found('name=curl&type=apk')).toEqual([NEW.manifest.digest])
    expect(await found('name=curl&type=deb')).toEqual([])
    const first = await api<{ items: unknown[]; next: string }>('/packages?name=zlib&limit=1')
    expect(first.items).toHaveLength(1)
    const second = await api<{ items: { digest: string }[] }>(
      `/packages?name=zlib&limit=1&after=${encodeURIComponent(first.next)}`,
    )
    expect(second.items.map(({ digest }) => digest)).toEqual(both.slice(1))
    expect(await found('vulnerability=GHSA-zlib-0002-0002')).toEqual(both)
    expect(await found('vulnerability=CVE-2099-0002&type=deb')).toEqual([])
    expect(await found('vulnerability=CVE-2099-0001&below=3.0.8-r0')).toEqual([])
  })

  test('is told of to nobody who may not pull it, not by where a page ends either', async () => {
    await addUser(server.running.dataDir, 'bob', 'another long password')
    await command('project', 'add', 'open')
    await command('grant', 'add', 'open', 'user:bob', 'reader')
    await pushImage({ registry, name: 'open/app' }, OLD, 'v1')
    const asBob = server.with({ authorization: `Basic ${btoa('bob:another long password')}` })
    for (const limit of [1, 2, 100]) {
      const answer = check(await asBob.send('GET', `/api/v1/packages?name=openssl&limit=${limit}`), { status: 200 })
      expect(answer.text).not.toContain('shop')
      expect(JSON.parse(answer.text)).toMatchObject({
        items: [{ repository: 'open/app', digest: OLD.manifest.digest }],
      })
      expect('next' in (JSON.parse(answer.text) as object)).toBe(false)
    }
    check(await registry.send('DELETE', '/api/v1/repositories/open%2Fapp'), { status: 200 })
  })

  test('is compared with the one before', async () => {
    const compared = await api<{
      packages: { added: unknown[]; removed: unknown[]; changed: unknown[] }
      vulnerabilities: { fixed: unknown[]; introduced: unknown[] }
    }>('/repositories/shop%2Fapp/compare?from=v1&to=v2')
    expect(compared.packages).toMatchObject({
      added: [{ name: 'curl' }],
      removed: [{ name: 'musl' }],
      changed: [{ name: 'openssl' }],
    })
    expect(compared.vulnerabilities.fixed).toMatchObject([{ vulnerability: 'CVE-2099-0001' }])
    expect(compared.vulnerabilities.introduced).toEqual([])
    expect(compared).toMatchObject({
      ...{ configuration: [], layers: { added: { count: 1 }, removed: { count: 1 } } },
      ...{ packages: { counts: { added: 1 } }, before: { repository: 'shop/app' }, files: { changed: { count: 2 } } },
    })
    const printed = await comparedByCommand()
    expect(printed).toContain('0 introduced, 1 fixed.')
    expect(printed).not.toContain('report is')
  })

  test('is compared with one of another repository by whoever may pull both', async () => {
    await addUser(server.running.dataDir, 'cat', 'another long password')
    await command('project', 'add', 'left')
    await command('grant', 'add', 'left', 'user:cat', 'reader')
    await pushImage({ registry, name: 'left/app' }, NEW, 'v1')
    const asCat = server.with({ authorization: `Basic ${btoa('cat:another long password')}` })
    const compare = (who: typeof registry, where: string) =>
      who.send('GET', `/api/v1/repositories/left%2Fapp/compare?from=v1&to=v1&with=${where}`)
    expect(JSON.parse(check(await compare(registry, 'shop/app'), { status: 200 }).text)).toMatchObject({
      before: { repository: 'left/app' },
      after: { repository: 'shop/app', digest: OLD.manifest.digest },
    })
    const [hidden, absent] = [await compare(asCat, 'shop/app'), await compare(asCat, 'none/app')]
    expect([hidden.status, hidden.text.replaceAll('shop/app', 'none/app')]).toEqual([404, absent.text])
    check(await registry.send('DELETE', '/api/v1/repositories/left%2Fapp'), { status: 200 })
  })

  test('has a bill of materials in both formats, and can have it attached', async () => {
    const cyclonedx = await api<{ components: { name: string }[] }>(`${at('shop/app', 'v1')}/sbom`)
    expect(cyclonedx.components.map(({ name }) => name)).toEqual(expect.arrayContaining(['openssl', 'zlib', 'musl']))
    const spdx = await api<{ spdxVersion: string }>(`${at('shop/app', 'v1')}/sbom?format=spdx`)
    expect(spdx.spdxVersion).toBe('SPDX-2.3')
    const attached = check(
      await registry.send('POST', `/api/v1${at('shop/app', 'v1')}/sbom`, {
        headers: { 'content-type': 'application/json' },
        body: new TextEncoder().encode('{"format":"cyclonedx"}'),
      }),
      { status: 200 },
    )
    const { digest } = JSON.parse(attached.text) as { digest: string }
    const referrers = check(await registry.send('GET', `/v2/shop/app/referrers/${OLD.manifest.digest}`), {
      status: 200,
    })
    expect(JSON.parse(referrers.text)).toMatchObject({
      manifests: [{ digest, artifactType: 'application/vnd.cyclonedx+json' }],
    })
    const read = await api<{ items: { format: string; packages: { name: string }[] }[] }>(
      `${at('shop/app', 'v1')}/sboms`,
    )
    expect(read.items).toMatchObject([{ format: 'cyclonedx' }])
    expect(read.items[0]?.packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['openssl']))
  })

  test('of very many packages: written by a process of its own, the same way', async () => {
    const many = Object.fromEntries(Array.from({ length: 1100 }, (_, n) => [`p${n}`, `1.${n}-r0`]))
    await pushImage(APP, alpine(many), 'many')
    await reportWhen('shop/app', 'many', ({ state }) => state === 'complete')
    const document = await api<{ components: { name: string }[] }>(`${at('shop/app', 'many')}/sbom`)
    expect(document.components.filter(({ name }) => /^p\d+$/.test(name))).toHaveLength(1100)
  })

  test('of an index: its platforms are told of', async () => {
    const both = index([OLD, NEW].map(({ manifest }) => descriptor(manifest, OCI_MANIFEST)))
    check(
      await registry.send('PUT', '/v2/shop/app/manifests/multi', {
        headers: { 'content-type': both.mediaType },
        body: new Uint8Array(both.bytes),
      }),
      { status: 201 },
    )
    const found = await report('shop/app', 'multi')
    expect(found).toMatchObject({ state: 'complete', counts: { critical: 1 } })
    expect(found.images).toMatchObject([{ platform: 'linux/amd64' }, { platform: 'linux/amd64' }])
  })

  test('of an index in an index: its images count, and those that are not told of are named', async () => {
    const put = async (document: ReturnType<typeof index>, reference: string) =>
      check(
        await registry.send('PUT', `/v2/shop/app/manifests/${reference}`, {
          headers: { 'content-type': document.mediaType },
          body: new Uint8Array(document.bytes),
        }),
        { status: 201 },
      )
    const inner = index([descriptor(OLD.manifest, OCI_MANIFEST)])
    await put(inner, inner.digest)
    await put(index([descriptor(NEW.manifest, OCI_MANIFEST), descriptor(inner, inner.mediaType)]), 'nested')
    const nested = await report('shop/app', 'nested')
    expect(nested).toMatchObject({ state: 'complete', counts: { critical: 1 } })
    expect(nested.images).toHaveLength(2)
    let deep = inner
    for (let depth = 0; depth < 8; depth++) {
      deep = index([descriptor(NEW.manifest, OCI_MANIFEST), descriptor(deep, deep.mediaType)])
      await put(deep, deep.digest)
    }
    const buried = await report('shop/app', deep.digest)
    expect(buried).toMatchObject({ state: 'partial', counts: { critical: 0 } })
    expect(buried.reasons).toEqual(['1 more manifests of the index were not looked at'])
  })

  test('with a version that cannot be compared: that is a reason', async () => {
    await pushImage(APP, alpine({ openssl: '3.0-custom build', musl: 'whatever' }), 'odd')
    const found = await reportWhen('shop/app', 'odd', ({ state }) => state !== 'waiting')
    expect(found).toMatchObject({ state: 'partial', findings: [] })
    expect(found.reasons).toEqual(['the version of openssl cannot be compared: 3.0-custom build'])
  })

  test('with a layer of a type that nobody knows: it is looked into all the same', async () => {
    const strange = alpine({ openssl: '3.0.8-r0', strange: '1.0-r0' })
    const body = { ...strange.body, layers: [descriptor(strange.layer, 'application/octet-stream')] }
    await pushImage(APP, { ...strange, body, manifest: manifestOf(body, OCI_MANIFEST) }, 'strange')
    const found = await reportWhen('shop/app', 'strange', ({ state }) => state !== 'waiting')
    expect(found).toMatchObject({ state: 'complete', counts: { critical: 1 } })
  })
})

describe('a rule about vulnerabilities', () => {
  const pull = () => registry.send('GET', '/v2/shop/app/manifests/v1')

  test('refuses the pull, and says which rule, what was found, and what would help', async () => {
    await command('policy', 'add', 'shop', 'no-critical', '--mode', 'enforce', '--severity', 'critical')
    const refused = check(await pull(), { status: 403, error: 'DENIED' })
    const [error] = errorsOf(refused)
    for (const word of ['no-critical', 'shop', 'CVE-2099-0001', 'openssl', '3.0.8-r0', '3.0.9-r0', 'exempt'])
      expect(JSON.stringify(error)).toContain(word)
    check(await registry.send('GET', `/v2/shop/app/manifests/${OLD.manifest.digest}`), { status: 403 })
    check(await registry.send('GET', '/v2/shop/app/manifests/v2'), { status: 200 })
    check(await registry.send('GET', `/v2/shop/app/blobs/${OLD.layer.digest}`), { status: 200 })
  })

  test('warns only, where that was asked for', async () => {
    await command('policy', 'set-mode', 'shop', 'no-critical', 'warn')
    expect(headerOf(check(await pull(), { status: 200 }), 'Warning')).toContain('CVE-2099-0001')
    await command('policy', 'set-mode', 'shop', 'no-critical', 'enforce')
    check(await pull(), { status: 403 })
  })

  test('does not count what somebody judged to be none, until he takes that back', async () => {
    await command('exception', 'add', 'shop', 'CVE-2099-0001', '--reason', 'not reachable', '--package', 'openssl')
    check(await pull(), { status: 200 })
    const found = await report('shop/app', 'v1')
    expect(found).toMatchObject({ suppressed: 1, counts: { critical: 0 } })
    expect(found.findings[0]?.suppressed?.reason).toBe('not reachable')
    const [number = ''] = (await command('exception', 'list', 'shop')).split(' ')
    await command('exception', 'remove', 'shop', number)
    check(await pull(), { status: 403 })
  })

  test('knows VEX', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-vex-'))
    const file = join(folder, 'vex.json')
    const statement = {
      ...{ vulnerability: { name: 'CVE-2099-0001' }, status: 'not_affected' },
      ...{ products: [{ '@id': 'pkg:apk/alpine/openssl' }], justification: 'vulnerable_code_not_present' },
    }
    await writeFile(
      file,
      JSON.stringify({
        ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'https://shop.example/vex/1', version: 1 },
        ...{ author: 'shop', timestamp: '2026-01-01T00:00:00Z', statements: [statement] },
      }),
    )
    await command('vex', 'add', 'shop', file)
    check(await pull(), { status: 200 })
    const [number = ''] = (await command('vex', 'list', 'shop')).split(' ')
    await command('vex', 'remove', 'shop', number)
    check(await pull(), { status: 403 })
    await rm(folder, { recursive: true })
  })

  test('notices that there is data now, and that there is none any more', async () => {
    await command(
      'policy',
      'add',
      'shop',
      'scanned',
      '--mode',
      'enforce',
      '--severity',
      'critical',
      '--unscanned',
      'refuse',
    )
    const other = alpine({ musl: '1.2.3-r4' })
    await pushImage(APP, other, 'other')
    await reportWhen('shop/app', 'other', ({ state }) => state === 'complete')
    const pullOther = () => registry.send('GET', '/v2/shop/app/manifests/other')
    check(await pullOther(), { status: 200 })
    await bring({ ...OPENSSL, affected: [affects('Alpine:v3.98', 'openssl', '3.0.9-r0')] })
    await reportWhen('shop/app', 'other', ({ state }) => state === 'no-data')
    check(await pullOther(), { status: 403 })
    await bring(OPENSSL, ZLIB)
    await reportWhen('shop/app', 'other', ({ state }) => state === 'complete')
    check(await pullOther(), { status: 200 })
    await command('policy', 'remove', 'shop', 'scanned')
  })

  test('follows new data without anybody looking into the image again', async () => {
    await bring(ZLIB)
    await reportWhen('shop/app', 'v1', ({ counts }) => counts.critical === 0)
    check(await pull(), { status: 200 })
    await bring(OPENSSL, ZLIB)
    await reportWhen('shop/app', 'v1', ({ counts }) => counts.critical === 1)
    check(await pull(), { status: 403 })
  })
})

describe('what nobody is told', () => {
  test('an image that waits, one of a kind that is not understood, and one whose layer is broken, each in its words', async () => {
    const broken = alpine({ openssl: '3.0.8-r0' })
    const layer = content(broken.layer.bytes.slice(0, 60))
    const body = { ...broken.body, layers: [descriptor(layer, LAYER)] }
    await pushImage(APP, { ...broken, layer, manifest: manifestOf(body, OCI_MANIFEST) }, 'broken')
    const found = await reportWhen('shop/app', 'broken', ({ state }) => state !== 'waiting')
    expect(found.state).toBe('failed')
    expect(found.reasons.length).toBeGreaterThan(0)

    const nothing = content(new Uint8Array(gzipSync(makeTar({ path: 'data/readme', content: 'hello' }))))
    const plain = { ...broken.body, layers: [descriptor(nothing, LAYER)] }
    await pushImage(APP, { ...broken, layer: nothing, manifest: manifestOf(plain, OCI_MANIFEST) }, 'plain')
    expect((await reportWhen('shop/app', 'plain', ({ state }) => state !== 'waiting')).state).toBe('unsupported')
  })
})
