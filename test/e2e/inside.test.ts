/** Files of images, read out of layers that strangers made. */
import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { check } from '../conformance/support/check.ts'
import { content } from '../conformance/support/content.ts'
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { type EntryToMake, makeTar, paxEntry } from '../scanning/support/make-tar.ts'
import { addUser, berth } from './support/command.ts'
import { descriptor, manifestOf } from './support/images.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { until } from './support/until.ts'

setDefaultTimeout(2 * PATIENCE_MS)

const server = useServer({
  env: { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' },
})
const PASSWORD = 'a long enough password'
const as = (name: string) => server.with({ authorization: `Basic ${btoa(`${name}:${PASSWORD}`)}` })
const APP = { registry: as('ann'), name: 'shop/app' }

const tar = (...entries: readonly EntryToMake[]) => new Uint8Array(makeTar(...entries))
const LOWER = content(
  new Uint8Array(
    gzipSync(
      tar(
        { path: 'etc/', type: '5', mode: 0o755 },
        { path: 'etc/motd', content: 'old' },
        { path: 'etc/motd', content: 'hello' },
        { path: 'etc/gone', content: 'x' },
        { path: 'opt/a/old', content: 'x' },
        { path: '/abs/file', content: 'absolute' },
        { path: '../up', content: 'outside' },
        paxEntry([['path', 'odd\nname']]),
        { path: 'x', content: 'newline' },
      ),
    ),
  ),
)
const UPPER = content(
  new Uint8Array(
    zstdCompressSync(
      tar(
        { path: 'etc/.wh.gone' },
        { path: 'opt/a/.wh..wh..opq' },
        { path: 'opt/a/new', content: '0123456789', mode: 0o755 },
        { path: 'opt/a/hard', type: '1', link: 'opt/a/new' },
        { path: 'way', type: '2', link: '../../etc' },
        { path: 'loop1', type: '2', link: 'loop2' },
        { path: 'loop2', type: '2', link: '/loop1' },
      ),
    ),
  ),
)
const PLAIN = content(tar({ path: 'zeros', content: new Uint8Array(100_000) }, { path: 'last', content: 'the end' }))
const CUT = content(LOWER.bytes.slice(0, 60))

async function push(tag: string, ...layers: readonly (typeof LOWER)[]): Promise<void> {
  const config = content(JSON.stringify({ architecture: 'amd64', os: 'linux', tag }))
  for (const blob of [config, ...layers]) await pushBlob(APP, blob)
  const body = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor(config, OCI_CONFIG) },
    layers: layers.map((layer) => descriptor(layer, OCI_LAYER)),
  }
  check(await putManifest(APP, tag, manifestOf(body, OCI_MANIFEST)), { status: 201 })
}

interface Files {
  readonly state: string
  readonly items: readonly { path: string; type: string; mode: number; link?: string; layer?: string }[]
  readonly next?: string
}

const ask = (what: string, query: Readonly<Record<string, string>>, { tag = 'v1', who = 'ann', headers = {} } = {}) =>
  as(who).send('GET', `/api/v1/repositories/shop%2Fapp/images/${tag}/${what}`, { query, headers })
async function files(query: Readonly<Record<string, string>>, tag?: string): Promise<Files> {
  return JSON.parse(check(await ask('files', query, { tag }), { status: 200 }).text) as Files
}
const paths = ({ items }: Files) => items.map(({ path }) => path)
const looked = (tag: string) =>
  until(
    `${tag} is looked into`,
    async () => ((await ask('files', {}, { tag })).status === 200 ? true : undefined),
    PATIENCE_MS,
  )

beforeAll(async () => {
  for (const name of ['ann', 'eve']) await addUser(server.running.dataDir, name, PASSWORD)
  for (const words of [
    ['user', 'set', 'ann', '--role', 'administrator'],
    ['project', 'add', 'shop'],
  ])
    expect((await berth([...words, '--data', server.running.dataDir])).code).toBe(0)
  await push('v1', LOWER, UPPER, PLAIN)
  await push('cut', CUT)
  await looked('v1')
  await looked('cut')
}, 3 * PATIENCE_MS)

test('folders are listed with whiteouts applied, in pages, and one layer alone', async () => {
  expect(paths(await files({}))).toEqual(['abs', 'etc', 'last', 'loop1', 'loop2', 'odd\nname', 'opt', 'way', 'zeros'])
  expect(paths(await files({ path: '/etc' }))).toEqual(['etc/motd'])
  expect((await files({ path: 'opt/a' })).items).toMatchObject([
    { path: 'opt/a/hard', type: 'file', mode: 0o755, layer: UPPER.digest },
    { path: 'opt/a/new', type: 'file' },
  ])
  const first = await files({ limit: '2' })
  expect([paths(first), first.next]).toEqual([['abs', 'etc'], 'etc'])
  expect(paths(await files({ limit: '1', after: 'etc' }))).toEqual(['last'])
  expect(paths(await files({ path: 'etc', layer: LOWER.digest }))).toEqual(['etc/gone', 'etc/motd'])
  expect((await files({ path: 'etc', layer: UPPER.digest })).items).toMatchObject([{ type: 'removed' }])
  expect(paths(await files({ q: 'MOTD' }))).toEqual(['etc/motd'])
})

test('links lead nowhere but into the image, and not in circles', async () => {
  expect(paths(await files({ path: 'way' }))).toEqual(['etc/motd'])
  expect(paths(await files({ path: '/../way/../../etc' }))).toEqual(['etc/motd'])
  expect(paths(await files({ path: 'loop1' }))).toEqual([])
  for (const path of ['loop1', 'etc', 'up', '../up', 'etc/gone', 'none', 'a\0b', ''])
    expect([path, (await ask('file', { path })).status]).toEqual([path, 404])
})

test.each([
  ['way/motd', 'hello'],
  ['/abs/file', 'absolute'],
  ['odd\nname', 'newline'],
  ['opt/a/new', '0123456789'],
  ['opt/a/hard', '0123456789'],
  ['last', 'the end'],
])('the bytes of %j', async (path, expected) => {
  const answer = check(await ask('file', { path }), { status: 200 })
  expect(answer.text).toBe(expected)
  expect(answer.headers.get('content-type')).toBe('application/octet-stream')
  expect(answer.headers.get('content-security-policy')).toBe('sandbox')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('content-disposition')).toStartWith('attachment')
})

test('a range of a file', async () => {
  const ranged = (range: string) => ask('file', { path: 'opt/a/new' }, { headers: { range } })
  const some = check(await ranged('bytes=2-4'), { status: 206 })
  expect([some.text, some.headers.get('content-range')]).toEqual(['234', 'bytes 2-4/10'])
  expect((await ranged('bytes=-3')).text).toBe('789')
  expect((await ranged('bytes=20-')).status).toBe(416)
})

test('a layer that is cut off says that it is not all', async () => {
  expect((await files({}, 'cut')).state).not.toBe('complete')
})

test('who may not pull is told that there is nothing', async () => {
  for (const what of ['files', 'file']) expect((await ask(what, { path: 'etc/motd' }, { who: 'eve' })).status).toBe(404)
})
