/** Our scanner for another registry, which here is one of ours too: two servers with all of their processes. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { check } from '../conformance/support/check.ts'
import { content } from '../conformance/support/content.ts'
import { OCI_CONFIG, OCI_MANIFEST } from '../conformance/support/manifests.ts'
import { addUser, berth } from '../e2e/support/command.ts'
import { descriptor, type Image, manifestOf, pushImage } from '../e2e/support/images.ts'
import { basic, type Headers, PATIENCE_MS, useServer } from '../e2e/support/server.ts'
import { until } from '../e2e/support/until.ts'
import { affects, osvExport } from '../support/osv-export.ts'
import { rowsIn } from '../support/rows.ts'
import { makeTar } from './support/make-tar.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const SCANNING = { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' }
const ADAPTER = {
  ...{ ...SCANNING, BERTH_SCANNING__ADAPTER: 'true', BERTH_SCANNING__ADAPTER_ACCOUNTS: 'harbor,other' },
}
const keys: string[] = []
/** Whose images are scanned; it offers its own scanner too, and asks no private addresses with it. */
const a = useServer(async () => ({ env: { ...ADAPTER, BERTH_SECRETS__KEY_FILE: await keyFile() } }))
/** Who scans. */
const b = useServer(async () => ({
  env: {
    ...{ ...ADAPTER, BERTH_SCANNING__ADAPTER_ALLOW_PRIVATE: 'true', BERTH_SECRETS__KEY_FILE: await keyFile() },
  },
}))

/** Servers with a database elsewhere make none. */
async function keyFile(): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'berth-adapter-key-')), 'key')
  createKeyFile(file)
  keys.push(file)
  return file
}

const PASSWORD = 'a long enough password'
const [ANN, HARBOR, OTHER, BOB] = ['ann', 'harbor', 'other', 'bob'].map((name) => basic(name, PASSWORD)) as [
  Headers,
  Headers,
  Headers,
  Headers,
]
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const IMAGE = alpine({ openssl: '3.0.8-r0', musl: '1.2.3-r4' })
const APP = { registry: a.with(ANN), name: 'shop/app' }
const AT = `/api/v1/repositories/shop%2Fapp/images/${IMAGE.manifest.digest}`

function alpine(packages: Readonly<Record<string, string>>): Image {
  const database = Object.entries(packages)
    .map(([name, version]) => `C:Q1\nP:${name}\nV:${version}\nA:x86_64\no:${name}\nL:MIT\n`)
    .join('\n')
  const release = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.99.0\nPRETTY_NAME="Alpine Linux v3.99"\n'
  const tar = makeTar(
    { path: 'etc/os-release', content: release },
    { path: 'lib/apk/db/installed', content: `${database}\n` },
  )
  const layer = content(new Uint8Array(gzipSync(tar)))
  const config = content(JSON.stringify({ architecture: 'amd64', os: 'linux', created: '2026-01-01T00:00:00Z' }))
  const body = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST },
    ...{ config: descriptor(config, OCI_CONFIG), layers: [descriptor(layer, LAYER)] },
  }
  return { config, layer, manifest: manifestOf(body, OCI_MANIFEST), body }
}

const OPENSSL = {
  ...{ id: 'ALPINE-CVE-2099-0001', upstream: ['CVE-2099-0001'], details: 'a hole in openssl' },
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [affects('Alpine:v3.99', 'openssl', '3.0.9-r0')],
}

async function command(dataDir: string, ...words: readonly string[]): Promise<void> {
  const result = await berth([...words, '--data', dataDir])
  expect([words.join(' '), result.stderr, result.code]).toEqual([words.join(' '), '', 0])
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-adapter-'))
  for (const { running } of [a, b])
    for (const name of ['ann', 'harbor', 'other', 'bob']) await addUser(running.dataDir, name, PASSWORD)
  for (const { running } of [a, b]) await command(running.dataDir, 'user', 'set', 'ann', '--role', 'administrator')
  await command(a.running.dataDir, 'project', 'add', 'shop')
  const file = join(folder, 'all.zip')
  await writeFile(file, osvExport([OPENSSL]))
  await command(b.running.dataDir, 'vulndb', 'import', file, '--ecosystem', 'Alpine')
  await pushImage(APP, IMAGE, 'v1')
}, 4 * PATIENCE_MS)
afterAll(async () => {
  for (const path of [folder, ...keys.map((file) => dirname(file))]) await rm(path, { recursive: true, force: true })
})

interface Report {
  readonly state: string
  readonly reasons: readonly string[]
  readonly findings: readonly { readonly vulnerability: string; readonly scanner: string }[]
}

async function report(): Promise<Report> {
  return JSON.parse(check(await APP.registry.send('GET', `${AT}/report`), { status: 200 }).text) as Report
}

interface Scan {
  readonly url: string
  readonly authorization?: string
  readonly digest?: string
}

function scanOf({ url, authorization, digest = IMAGE.manifest.digest }: Scan): Uint8Array<ArrayBuffer> {
  const registry = { url, ...(authorization !== undefined && { authorization }) }
  const body = { registry, artifact: { repository: 'shop/app', digest, mime_type: OCI_MANIFEST } }
  return new TextEncoder().encode(JSON.stringify(body))
}

/** Has B look into an image; how that ended. */
async function scanned(scan: Scan): Promise<{ readonly status: number; readonly text: string }> {
  const started = check(await b.with(HARBOR).send('POST', '/scanner/api/v1/scan', { body: scanOf(scan) }), {
    status: 202,
  })
  const { id } = JSON.parse(started.text) as { id: string }
  expect((await b.with(OTHER).send('GET', `/scanner/api/v1/scan/${id}/report`)).status).toBe(404)
  return until(
    'the scan to end',
    async () => {
      const answer = await b.with(HARBOR).send('GET', `/scanner/api/v1/scan/${id}/report`)
      return answer.status === 302 ? undefined : answer
    },
    PATIENCE_MS,
  )
}

describe('a registry that scans for another one', () => {
  test('finds what that one has no data for, with the token that it gets', async () => {
    const settings = {
      ...{ name: 'berth-b', url: `${b.url}/scanner`, allowPrivate: true, registryUrl: a.url },
      ...{ authentication: 'basic', username: 'harbor', secret: PASSWORD },
    }
    const send = (method: string, path: string, body?: unknown) =>
      APP.registry.send(method, `/api/v1${path}`, {
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body: new TextEncoder().encode(JSON.stringify(body)) }),
      })
    check(await send('POST', '/scanners', settings), { status: 200 })
    const asked = JSON.parse(check(await send('POST', '/scanners/berth-b/test'), { status: 200 }).text) as object
    expect(asked).toMatchObject({ usable: true, name: 'Berth', dataUpdatedAt: expect.any(String) })
    const found = await until(
      'findings of the other registry',
      async () => {
        const { findings } = await report()
        return findings.length > 0 ? findings : undefined
      },
      3 * PATIENCE_MS,
    )
    expect(found.map(({ vulnerability, scanner }) => [vulnerability, scanner])).toEqual([['CVE-2099-0001', 'berth-b']])
    // What we know ourselves is as it was.
    expect((await report()).state).toBe('no-data')
    const raw = check(await APP.registry.send('GET', `${AT}/reports/berth-b`), { status: 200 })
    expect(JSON.parse(raw.text)).toMatchObject({ scanner: { name: 'Berth' }, severity: 'Critical' })
  })

  test('keeps nothing of it where its own images are, and no token', async () => {
    const { dataDir } = b.running
    for (const table of ['layer_inventories', 'images', 'packages', 'manifests', 'blobs'])
      expect([table, await rowsIn(dataDir, `select * from ${table}`)]).toEqual([table, []])
    const rows = await rowsIn(dataDir, 'select state, secret from foreign_scans')
    expect(rows).toEqual([{ state: 'done', secret: null }])
  })

  test('gives bills of materials too', async () => {
    const scan = scanOf({ url: a.url, authorization: Object.values(ANN)[0] ?? '' })
    const { id } = JSON.parse((await b.with(HARBOR).send('POST', '/scanner/api/v1/scan', { body: scan })).text) as {
      id: string
    }
    const type = 'application/vnd.security.sbom.report+json; version=1.0'
    const answer = await until(
      'the bill of materials',
      async () => {
        const query = { sbom_media_type: 'application/spdx+json' }
        const path = `/scanner/api/v1/scan/${id}/report`
        const reply = await b.with(HARBOR).send('GET', path, { headers: { accept: type }, query })
        return reply.status === 302 ? undefined : reply
      },
      PATIENCE_MS,
    )
    expect([answer.status, answer.text.includes('pkg:apk/alpine/openssl@3.0.8-r0')]).toEqual([200, true])
  })

  test('does so for accounts that it names, and for nobody else', async () => {
    const ask = async (headers: Headers) => (await b.with(headers).send('GET', '/scanner/api/v1/metadata')).status
    expect(await ask(HARBOR)).toBe(200)
    expect(await ask(ANN)).toBe(200)
    expect(await ask(BOB)).toBe(403)
    expect(await ask({})).toBe(401)
    expect(await ask(basic('harbor', 'wrong'))).toBe(401)
    const token = JSON.parse((await b.with(HARBOR).send('GET', '/token')).text) as { token: string }
    expect(await ask({ authorization: `Bearer ${token.token}` })).toBe(401)
    expect((await b.with(BOB).send('POST', '/scanner/api/v1/scan', { body: scanOf({ url: a.url }) })).status).toBe(403)
  })

  test('reads no huge requests', async () => {
    const answer = await b.with(HARBOR).send('POST', '/scanner/api/v1/scan', { body: new Uint8Array(70_000).fill(32) })
    expect(answer.status).toBe(400)
  })

  test('asks nothing in private networks unless it may', async () => {
    const scanner = a.with(HARBOR)
    for (const url of [
      b.url,
      'http://169.254.169.254',
      'https://127.0.0.1',
      'https://[::1]:5000',
      'https://10.0.0.1',
      'http://registry.example',
      'https://a:b@registry.example',
      'file:///etc/passwd',
    ])
      expect([url, (await scanner.send('POST', '/scanner/api/v1/scan', { body: scanOf({ url }) })).status]).toEqual([
        url,
        422,
      ])
  })

  test('says that it was not let in', async () => {
    const { status, text } = await scanned({ url: a.url, authorization: 'Bearer nonsense' })
    expect([status, text]).toEqual([500, expect.stringContaining('did not accept the token')])
  })
})

describe('a registry that lies', () => {
  interface Lies {
    readonly manifest?: string
    readonly layer?: Uint8Array<ArrayBuffer>
    readonly redirect?: string
  }

  async function scanAt(lies: Lies) {
    const seen: string[] = []
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url, headers }) => {
        seen.push(headers.get('authorization') ?? '')
        if (url.includes('/manifests/'))
          return new Response(lies.manifest ?? new TextDecoder().decode(IMAGE.manifest.bytes), {
            headers: { 'content-type': OCI_MANIFEST },
          })
        if (url.endsWith(IMAGE.config.digest)) return new Response(IMAGE.config.bytes)
        if (lies.redirect !== undefined) return Response.redirect(lies.redirect, 307)
        return new Response(lies.layer ?? IMAGE.layer.bytes)
      },
    })
    try {
      return { ...(await scanned({ url: `http://127.0.0.1:${server.port}`, authorization: 'Bearer lent' })), seen }
    } finally {
      await server.stop(true)
    }
  }

  test('is believed where it does not', async () => {
    const { status, text, seen } = await scanAt({})
    expect([status, text]).toEqual([200, expect.stringContaining('CVE-2099-0001')])
    expect(new Set(seen)).toEqual(new Set(['Bearer lent']))
  })

  test('about what a manifest is', async () => {
    const { status, text } = await scanAt({ manifest: JSON.stringify({ ...IMAGE.body, annotations: { a: 'b' } }) })
    expect(status).toBe(500)
    expect(text).toContain('error')
  })

  test('about what is in a layer, or how much', async () => {
    const other = new Uint8Array(IMAGE.layer.bytes)
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
    expect(await scanAt({ layer: other })).toMatchObject({
      status: 500,
      text: expect.stringContaining('something else than'),
    })
    const longer = new Uint8Array([...IMAGE.layer.bytes, 0])
    expect(await scanAt({ layer: longer })).toMatchObject({ status: 500, text: expect.stringContaining('more than') })
    expect((await scanAt({ layer: IMAGE.layer.bytes.slice(0, -1) as Uint8Array<ArrayBuffer> })).status).toBe(500)
  })

  test('and sends us elsewhere gets its token shown nowhere else', async () => {
    const seen: (string | null)[] = []
    const elsewhere = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ headers }) => {
        seen.push(headers.get('authorization'))
        return new Response(IMAGE.layer.bytes)
      },
    })
    try {
      const { status } = await scanAt({ redirect: `http://127.0.0.1:${elsewhere.port}/blob` })
      expect([status, seen]).toEqual([200, [null]])
    } finally {
      await elsewhere.stop(true)
    }
  })
})
