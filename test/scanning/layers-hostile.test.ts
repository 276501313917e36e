import { describe, expect, it } from 'bun:test'
import { createGzip, gzipSync, zstdCompressSync } from 'node:zlib'
import type { LayerInventory } from '../../src/inventory/layer-inventory.ts'
import type { LayerReader, LayerToRead } from '../../src/inventory/layer-reader.ts'
import { layerOf, read, readerWith, streamed, verdict } from './support/layer-reader.ts'
import { zip } from '../support/zip.ts'
import { makeEntry, makeHeader, makeTar, paxEntry } from './support/make-tar.ts'
import { LIMITS, walk } from './support/walk.ts'

const MIB = 1024 ** 2
const ZEROS = Buffer.alloc(MIB)

/** What a reader of layers may cost its parent, whatever it reads. */
const PARENT_BYTES = 150 * MIB

async function readMeasured(reader: LayerReader, layer: LayerToRead): Promise<LayerInventory> {
  Bun.gc(true)
  const before = process.memoryUsage.rss()
  const found = await read(reader, layer)
  expect(process.memoryUsage.rss() - before).toBeLessThan(PARENT_BYTES)
  return found
}

async function gzipped(pieces: Iterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const packed: Buffer[] = []
  const gzip = createGzip({ level: 9, chunkSize: MIB })
  gzip.on('data', (piece: Buffer) => packed.push(piece))
  for (const piece of pieces) if (!gzip.write(piece)) await new Promise((resolve) => gzip.once('drain', resolve))
  await new Promise((resolve) => gzip.end(() => gzip.once('end', resolve)))
  return Uint8Array.from(Buffer.concat(packed))
}

function* times<T>(count: number, piece: T): Generator<T> {
  for (let index = 0; index < count; index++) yield piece
}

/** As much as a header says, and no more. */
function endlessly(first: Uint8Array, then: Uint8Array) {
  let sent = false
  return streamed((controller) => {
    controller.enqueue(sent ? then : first)
    sent = true
  }, 1024)
}

describe('bombs end within their limits, and the one who asked lives', () => {
  it('a thousand times larger unpacked: ratio', async () => {
    const header = makeHeader({ path: 'zeros', sizeBytes: 512 * MIB })
    const bomb = await gzipped([makeEntry({ path: 'first', content: 'x' }), header, ...times(512, ZEROS)])
    const found = await readMeasured(readerWith(), layerOf(bomb))
    expect(verdict(found)).toEqual({
      state: 'partial',
      reasons: ['stopped because it is more than 200 times larger unpacked than packed: scanning.limits.ratio'],
    })
    expect(found.files.map(({ path }) => path)).toEqual(['first'])
  })

  it('a bomb in a bomb: the inner one is a file as any other', async () => {
    const inner = await gzipped(times(256, ZEROS))
    const outer = Uint8Array.from(gzipSync(makeTar({ path: 'inner.gz', content: inner })))
    const found = await readMeasured(readerWith(), layerOf(outer))
    expect(verdict(found)).toEqual({ state: 'complete', reasons: [] })
    expect(found.files[0]?.sizeBytes).toBe(inner.length)
  })

  it('too much: bytes', async () => {
    const header = makeHeader({ path: 'zeros', sizeBytes: 2 ** 40 })
    const bomb = await gzipped([header, ...times(128, ZEROS)])
    const found = await readMeasured(readerWith({ bytes: 32 * MIB }), layerOf(bomb))
    expect(verdict(found)).toEqual({
      state: 'partial',
      reasons: ['stopped after 32 MiB were unpacked: scanning.limits.bytes'],
    })
  })

  it('ten million empty entries: entries', async () => {
    // Each thousand is packed by itself: members of one gzip.
    const piece = gzipSync(Buffer.concat([...times(1000, makeHeader({ path: 'empty' }))]))
    const bomb = Uint8Array.from(Buffer.concat([...times(10_000, piece)]))
    const found = await readMeasured(readerWith({ ratio: 10_000, bytes: 2 ** 40, entries: 50_000 }), layerOf(bomb))
    expect(verdict(found)).toEqual({
      state: 'partial',
      reasons: ['stopped after 50000 entries: scanning.limits.entries'],
    })
    expect(found.files).toHaveLength(1)
  })

  it('a million different names: as many as there may be', async () => {
    const names = function* () {
      for (let index = 0; index < 1000; index++)
        yield Buffer.concat(Array.from({ length: 100 }, (_, each) => makeHeader({ path: `folder/${index}/${each}` })))
    }
    const found = await readMeasured(readerWith({ entries: 60_000 }), layerOf(await gzipped(names())))
    expect(verdict(found)).toEqual({
      state: 'partial',
      reasons: ['stopped after 60000 entries: scanning.limits.entries'],
    })
    expect(found.files).toHaveLength(60_000)
  })

  it('names that are too long together: memory', async () => {
    const names = function* () {
      for (let index = 0; index < 10_000; index++)
        yield Buffer.concat([makeEntry(paxEntry([['path', `${index}/${'n'.repeat(4000)}`]])), makeEntry({ path: 'x' })])
    }
    const found = await readMeasured(
      readerWith({ memoryBytes: 256 * MIB, ratio: 10_000 }),
      layerOf(await gzipped(names())),
    )
    expect(found.state).toBe('partial')
    expect(found.reasons).toEqual([expect.stringMatching(/scanning\.limits\.memory$/)])
  })

  const endless: readonly (readonly [string, () => { layer: LayerToRead; stats: { cancelled: boolean } }])[] = [
    ['a file without end', () => endlessly(makeHeader({ path: 'zeros', sizeBytes: 2 ** 50 }), ZEROS)],
    ['a gzip of nothing without end', () => endlessly(gzipSync(''), gzipSync(''))],
    [
      'headers that speak of no file, without end',
      () => endlessly(makeEntry(paxEntry([['a', 'b']], 'g')), makeEntry(paxEntry([['a', 'b']], 'g'))),
    ],
    ['nothing at all, for ever', () => streamed(() => new Promise(() => undefined), 1024)],
  ]
  for (const [name, make] of endless) {
    it(`${name}: time, or earlier`, async () => {
      const { layer, stats } = make()
      const started = performance.now()
      const found = await readMeasured(readerWith({ timeMs: 1500, bytes: 2 ** 50, ratio: 2 ** 50 }), layer)
      expect(found.state).not.toBe('complete')
      expect(found.reasons).toEqual([expect.stringMatching(/scanning\.limits\.time|speaks of no file|gzip data/)])
      expect(performance.now() - started).toBeLessThan(10_000)
      expect(stats.cancelled).toBe(true)
    })
  }
})

describe('sizes that are lies', () => {
  it('a package database of 200 MiB that is not there costs nothing', async () => {
    const tar = makeHeader({ path: 'var/lib/dpkg/status', sizeBytes: 200 * MIB })
    const found = await read(
      readerWith({ fileBytes: 256 * MIB, memoryBytes: 400 * MIB }),
      layerOf(Uint8Array.from(tar)),
    )
    expect(verdict(found)).toEqual({ state: 'failed', reasons: ['it ends in the middle of a file'] })
  })

  it('one that is there and too large is said to be that: fileBytes', async () => {
    const content = Buffer.alloc(3 * MIB, 'x')
    const tar = makeTar({ path: 'lib/apk/db/installed', content }, { path: 'after', content: 'y' })
    const found = await readMeasured(readerWith({ fileBytes: MIB }), layerOf(Uint8Array.from(tar)))
    expect(verdict(found)).toEqual({
      state: 'partial',
      reasons: ['lib/apk/db/installed is too large to be looked into: scanning.limits.fileBytes'],
    })
    expect(found.files.map(({ path }) => path)).toEqual(['lib/apk/db/installed', 'after'])
  })

  it('numbers that no file has', async () => {
    const patches: readonly ((header: Buffer) => void)[] = [
      (header) => void header.fill(0xff, 124, 136),
      (header) => void header.set([0x80, 0xff, 0xff, 0xff, 0xff, 0xff], 124),
      (header) => void header.write('77777777777x', 124),
      (header) => void header.write('-1         ', 124),
    ]
    for (const patch of patches) expect((await walk(makeTar({ path: 'x', content: 'x', patch }))).state).toBe('failed')
    for (const size of ['-1', '1e3', '99999999999999999999', '', ' 5'])
      expect((await walk(makeTar(paxEntry([['size', size]]), { path: 'x' }))).state).toBe('failed')
  })

  it('names of a gigabyte, pax records that lie', async () => {
    expect((await walk(makeHeader({ type: 'L', sizeBytes: 2 ** 30 }))).reasons).toEqual([
      'a name in it is longer than 1 MiB',
    ])
    expect((await walk(makeHeader({ type: 'x', sizeBytes: 2 ** 30 }))).reasons).toEqual([
      'a name in it is longer than 1 MiB',
    ])
    for (const content of ['9999999 path=x\n', '5 a=b', 'x', '0 a=b\n', '3 \n\n', '11 path=xyz\n\n '])
      expect((await walk(makeTar({ type: 'x', content }, { path: 'x' }))).state).toBe('failed')
  })

  it('as much as the memory may hold, and no more: memory', async () => {
    const taken = { bytes: 0 }
    const tar = makeTar({ path: 'a' }, { path: 'var/lib/dpkg/status', content: 'x'.repeat(MIB) }, { path: 'b' })
    const { OS_ANALYZERS } = await import('../../src/inventory/layer/os/os-analyzers.ts')
    taken.bytes = LIMITS.memoryBytes * 0.8 - MIB / 2
    const found = await walk(tar, { analyzers: OS_ANALYZERS, memoryTaken: () => taken.bytes })
    expect(found.reasons).toEqual(['var/lib/dpkg/status is too large to be looked into: scanning.limits.memory'])
    taken.bytes = LIMITS.memoryBytes
    expect((await walk(tar, { memoryTaken: () => taken.bytes })).reasons).toEqual([
      'stopped because it took more memory than it may: scanning.limits.memory',
    ])
  })
})

describe('what is looked into', () => {
  const status = 'Package: bash\nStatus: install ok installed\nVersion: 5.2\n'

  it('bombs in archives, archives in archives, documents that never close: the rest is told all the same', async () => {
    const properties = 'META-INF/maven/a/b/pom.properties'
    let nested = zip([{ name: properties, content: 'groupId=a\nartifactId=b\nversion=1\n' }])
    for (let depth = 0; depth < 40; depth++) nested = zip([{ name: `level${depth}.jar`, content: nested }])
    const tar = makeTar(
      { path: 'bomb.jar', content: zip([{ name: 'inner.jar', content: Buffer.alloc(64 * MIB) }]) },
      { path: 'properties.jar', content: zip([{ name: properties, content: Buffer.alloc(64 * MIB, 'x') }]) },
      { path: 'nested.jar', content: nested },
      { path: 'node_modules/deep/package.json', content: '{"a":'.repeat(500_000) },
      {
        path: 'node_modules/wide/package.json',
        content: `{"name":"w","version":"1","x":[${'[],'.repeat(500_000)}[]]}`,
      },
      { path: 'usr/lib/python3/a.dist-info/METADATA', content: `Name: ${'a'.repeat(8 * MIB)}\nVersion: 1` },
      { path: 'app/app.deps.json', content: `{"libraries":${'['.repeat(200_000)}` },
      {
        path: 'usr/bin/elf',
        mode: 0o755,
        content: Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(MIB, 0xff)]),
      },
      { path: 'var/lib/rpm/Packages', content: Buffer.alloc(MIB, 0x61) },
      { path: 'var/lib/dpkg/status', content: status },
    )
    const limits = { fileBytes: 32 * MIB, memoryBytes: 512 * MIB }
    const found = await readMeasured(readerWith(limits), layerOf(Uint8Array.from(gzipSync(tar))))
    expect(found.state).toBe('partial')
    expect(found.files).toHaveLength(10)
    expect(found.packageFiles.find(({ path }) => path === 'var/lib/dpkg/status')?.packages).toHaveLength(1)
    for (const path of ['bomb.jar', 'properties.jar', 'nested.jar', 'var/lib/rpm/Packages'])
      expect(found.reasons, path).toContainEqual(expect.stringContaining(path))
  })
})

describe('shapes', () => {
  it('links in circles, and a hundred thousand folders in each other', async () => {
    const deep = `${'d/'.repeat(2000)}f`
    const tar = makeTar(
      { path: 'a', type: '2', link: 'b' },
      { path: 'b', type: '2', link: 'a' },
      { path: 'c', type: '1', link: 'c' },
      { path: 'var/lib/dpkg/status', type: '2', link: '../../../etc/shadow' },
      paxEntry([['path', deep]]),
      { path: 'x', content: 'deep' },
      paxEntry([['path', 'd/'.repeat(100_000)]]),
      { path: 'x', content: 'deeper' },
    )
    const found = await readMeasured(readerWith(), layerOf(Uint8Array.from(gzipSync(tar))))
    expect(found.files.map(({ path, kind }) => [path, kind])).toEqual([
      ['a', 'link'],
      ['b', 'link'],
      ['c', 'link'],
      ['var/lib/dpkg/status', 'link'],
      [deep, 'file'],
    ])
    expect(found.packageFiles).toEqual([])
    expect(verdict(found)).toEqual({
      state: 'partial',
      reasons: ['1 entries have names that no system unpacks, or that lead outside'],
    })
  })

  it('a hundred thousand broken files are a few reasons', async () => {
    const broken = { name: 'broken', wants: () => true, analyze: () => Promise.reject(new Error('x'.repeat(1000))) }
    const entries = Array.from({ length: 2000 }, (_, index) => ({ path: `f${index}`, content: 'x' }))
    const { reasons } = await walk(zstdCompressSync(makeTar(...entries)), { analyzers: [broken] })
    expect(reasons).toHaveLength(51)
    expect(reasons.at(-1)).toBe('and 1950 more of that kind')
    expect(Math.max(...reasons.map(({ length }) => length))).toBeLessThanOrEqual(300)
  })
})
