/** Files of images, read out of layers that strangers made. */
import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { check } from '../conformance/support/check.ts'
import { content } from '../conformance/support/content.ts'
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { pushBlob } from '../conformance/support/uploads.ts'
import { type EntryToMake, makeTar, paxEntry } from '../scanning/support/make-tar.ts'
import { addUser, berth } from './support/command.ts'
import { descriptor, manifestOf } from './support/images.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'

setDefaultTimeout(2 * PATIENCE_MS)

// Nothing is scanned: layers are read when somebody looks.
const server = useServer({ env: { BERTH_SCANNING__ENABLED: 'false' } })
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
        paxEntry([
          ['uid', '3000000'],
          ['mtime', '1700000000.5'],
        ]),
        { path: 'etc/motd', content: 'hello', patch: (header) => void header.write('0001750\0', 116) },
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
const NEXT = content(
  tar(
    { path: 'opt/a/old', content: 'x' },
    { path: 'opt/a/new', content: '0123456789' },
    { path: 'opt/a/hard', content: '9876543210', mode: 0o755 },
    { path: 'etc/.wh.gone' },
    { path: 'way', type: '2', link: 'etc' },
  ),
)
const MIB = 1024 ** 2
/** What does not pack well, and is long. */
const noise = (bytes: number, seed: string) => {
  const pieces = Array.from({ length: bytes / 32 }, (_, n) => createHash('sha256').update(`${seed}${n}`).digest())
  return new Uint8Array(Buffer.concat(pieces))
}
const BIG = {
  'usr/first': noise(MIB, 'a'),
  'usr/middle': noise(5 * MIB, 'b'),
  'usr/last': noise(MIB, 'c'),
}
const LARGE = content(
  new Uint8Array(gzipSync(tar(...Object.entries(BIG).map(([path, bytes]) => ({ path, content: bytes }))))),
)
const HOSTILE_NAMES = ['photo\u202Egpj.exe', '"; filename="x', 'a\rb', '<script>alert(1)<', `${'n'.repeat(4000)}`]
const NAMES = content(
  tar(
    ...HOSTILE_NAMES.flatMap((path) => [paxEntry([['path', `in/${path}`]]), { path: 'x', content: 'hostile' }]),
    paxEntry([['path', 'y'.repeat(65_536)]]),
    { path: 'x', content: 'long' },
    paxEntry([['path', 'in/../../up']]),
    { path: 'x', content: 'up' },
  ),
)
const BOMB = content(new Uint8Array(gzipSync(tar({ path: 'zeros', content: new Uint8Array(100 * MIB) }))))
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

beforeAll(async () => {
  for (const name of ['ann', 'eve']) await addUser(server.running.dataDir, name, PASSWORD)
  for (const words of [
    ['user', 'set', 'ann', '--role', 'administrator'],
    ['project', 'add', 'shop'],
  ])
    expect((await berth([...words, '--data', server.running.dataDir])).code).toBe(0)
  await push('v1', LOWER, UPPER, PLAIN)
  await push('v2', LOWER, NEXT)
  await push('cut', CUT)
  await push('large', LARGE)
  await push('names', NAMES)
  await push('bomb', BOMB)
  await push('whole', PLAIN, NEXT)
  await push('garbage', content('this is no archive'))
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

test('files have owners, times and what their content is known by, as far as the layer says', async () => {
  const [motd] = (await files({ path: 'etc' })).items
  expect(motd).toMatchObject({
    ...{ uid: 3_000_000, gid: 1000, modified: '2023-11-14T22:13:20.000Z' },
    hash: createHash('sha256').update('hello').digest('hex').slice(0, 16),
  })
  const { items } = await files({ layer: UPPER.digest })
  expect(items.find(({ path }) => path === 'way')).toMatchObject({
    link: '../../etc',
    uid: 0,
    modified: '1970-01-01T00:00:00.000Z',
  })
})

const compareFiles = async (query: Readonly<Record<string, string>>, who = 'ann') =>
  as(who).send('GET', '/api/v1/repositories/shop%2Fapp/compare/files', { query: { from: 'v1', to: 'v2', ...query } })
interface ComparedFiles {
  readonly items: readonly { readonly path: string; readonly change: string }[]
  readonly next?: string
}
const changes = async (query: Readonly<Record<string, string>>) => {
  const { items, next } = JSON.parse(check(await compareFiles(query), { status: 200 }).text) as ComparedFiles
  return [...items.map(({ path, change }) => `${change} ${path}`), ...(next === undefined ? [] : [`after ${next}`])]
}

test('files of two images are compared, in pages, of a folder, of one kind', async () => {
  expect(await changes({ path: '/opt' })).toEqual(['changed opt/a/hard', 'changed opt/a/new', 'added opt/a/old'])
  expect(await changes({ change: 'removed', limit: '2' })).toEqual(['removed last', 'removed loop1', 'after loop1'])
  expect(await changes({ change: 'removed', limit: '2', after: 'loop1' })).toEqual(['removed loop2', 'removed zeros'])
  expect(await changes({ kind: 'link', change: 'changed' })).toEqual(['changed way'])
  expect(await changes({ with: 'shop/app', to: 'v1' })).toEqual([])
  expect((await compareFiles({ path: '/../etc' })).status).toBe(400)
  expect((await compareFiles({ with: 'none/app' })).status).toBe(404)
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

test('files of a large layer, again and again', async () => {
  for (let round = 0; round < 3; round++)
    for (const [path, bytes] of Object.entries(BIG)) {
      const answer = check(await ask('file', { path }, { tag: 'large' }), { status: 200 })
      expect([path, Buffer.from(answer.bytes).equals(bytes)]).toEqual([path, true])
    }
})

test('names that a stranger chose lead nowhere, and are no headers', async () => {
  const { items, state } = await files({ path: 'in' }, 'names')
  expect([items.length, state]).toEqual([HOSTILE_NAMES.length, 'partial'])
  for (const { path } of items) {
    const answer = check(await ask('file', { path }, { tag: 'names' }), { status: 200 })
    expect(answer.text).toBe('hostile')
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename\*=UTF-8''[\w%.~!-]{1,500}$/)
  }
  expect((await ask('file', { path: 'y'.repeat(65_536) }, { tag: 'names' })).status).toBeGreaterThanOrEqual(400)
  expect((await ask('file', { path: 'up' }, { tag: 'names' })).status).toBe(404)
})

test('a bomb is stopped, and says by which limit', async () => {
  const { state, items } = await files({}, 'bomb')
  expect([state, items]).toEqual(['partial', []])
  const { text } = await ask('files', {}, { tag: 'bomb' })
  expect(text).toContain('scanning.limits.ratio')
})

test('commands say the same, here and of a server', async () => {
  const run = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await berth(words, { input: `${PASSWORD}\n` })
    return [code, stdout, stderr]
  }
  const here = ['--data', server.running.dataDir]
  const there = ['--server', server.running.url, '--user', 'ann', '--password-stdin']
  for (const place of [here, there]) {
    const [, listed] = await run('files', 'shop/app:v1', '/etc', ...place)
    expect(listed).toMatch(/^-rw-r--r-- +3000000:1000 +5 bytes +2023-11-14 22:13:20 +\/etc\/motd$/m)
    expect(await run('cat', 'shop/app:v1', '/way/motd', ...place)).toEqual([0, 'hello', ''])
  }
  expect((await run('cat', 'shop/app:v1', '/none', ...there))[0]).toBe(4)
  const [, compared] = await run('compare', 'shop/app:v1', ':v2', '--files', '--path', '/opt', ...here)
  expect(compared).toMatch(/^~ +\/opt\/a\/new +755 → 644$/m)
  const [, totals] = await run('compare', 'shop/app:v1', 'shop/app:v2', ...there)
  expect(totals).toContain('Layers: 1 in both, 1 new ones')
})

test('a layer that is cut off says that it is not all', async () => {
  expect((await files({}, 'cut')).state).not.toBe('complete')
})

test('what is no layer at all is no news of files', async () => {
  const run = (...words: readonly string[]) => berth([...words, '--data', server.running.dataDir])
  const listed = await run('files', 'shop/app:garbage')
  expect([listed.code, listed.stdout]).toEqual([1, ''])
  expect(listed.stderr).toMatch(/^shop\/app:garbage: files may be missing \(failed\): \S.*$/m)
  for (const words of [['--files'], ['--files', '--json'], ['--json'], []]) {
    const compared = await run('compare', 'shop/app:whole', ':garbage', ...words)
    expect([words, compared.code]).toEqual([words, 1])
    expect(compared.stderr).toMatch(/^files of the second image may be missing \(failed\): \S.*$/m)
  }
  const query = { from: 'whole', to: 'garbage' }
  const { text } = await as('ann').send('GET', '/api/v1/repositories/shop%2Fapp/compare', { query })
  expect(JSON.parse(text)).toMatchObject({ files: { before: { state: 'complete' }, after: { state: 'failed' } } })
})

test('files of one file are that file, and of nothing nothing', async () => {
  const run = (...words: readonly string[]) => berth(['files', ...words, '--data', server.running.dataDir])
  const { code, stdout } = await run('shop/app:whole', '/opt/a/hard')
  expect([code, stdout.match(/ \/opt\/a\/hard$/gm)]).toEqual([0, [' /opt/a/hard']])
  expect(await run('shop/app:whole', '/nope')).toMatchObject({
    ...{ code: 4, stdout: '' },
    stderr: 'berth: shop/app:whole has nothing at /nope\n',
  })
  expect((await run('shop/app:whole', '/opt')).code).toBe(0)
  expect(await run('shop/app:whole', '--find', 'nope')).toMatchObject({ code: 0, stdout: '' })
  const incomplete = await run('shop/app:v1', '/loop1')
  expect(incomplete.code).toBe(1)
  expect(incomplete.stderr).toContain('files may be missing (partial)')
  expect(incomplete.stderr).toContain('shop/app:v1 has nothing at /loop1')
})

test('who may not pull is told that there is nothing', async () => {
  for (const what of ['files', 'file']) expect((await ask(what, { path: 'etc/motd' }, { who: 'eve' })).status).toBe(404)
})
