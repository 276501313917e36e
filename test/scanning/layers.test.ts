import { describe, expect, it } from 'bun:test'
import { createHash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { makeEntry, makeTar, paxEntry } from './support/make-tar.ts'
import { keeper, listed, walk } from './support/walk.ts'

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}

const TAR = makeTar(
  { path: './', type: '5', mode: 0o755 },
  { path: './etc/', type: '5', mode: 0o755 },
  { path: './etc/hello', content: 'hello', mode: 0o4711 },
  { path: './etc/link', type: '2', link: '../etc/hello' },
  { path: './dev/null', type: '3' },
)
const LISTED = ['folder etc', `file etc/hello ${hashOf('hello')}`, 'link etc/link ../etc/hello', 'other dev/null']

describe('packings', () => {
  const packings: readonly (readonly [string, Uint8Array])[] = [
    ['plain', TAR],
    ['gzip', gzipSync(TAR)],
    ['gzip of two members', Buffer.concat([gzipSync(TAR.subarray(0, 700)), gzipSync(TAR.subarray(700))])],
    ['zstd', zstdCompressSync(TAR)],
    [
      'zstd of two frames',
      Buffer.concat([zstdCompressSync(TAR.subarray(0, 700)), zstdCompressSync(TAR.subarray(700))]),
    ],
    [
      'zstd that begins with a frame to be skipped',
      Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]), zstdCompressSync(TAR)]),
    ],
  ]
  for (const [name, packed] of packings) {
    for (const pieceBytes of [1, 7, 65_536]) {
      it(`${name}, in pieces of ${pieceBytes}`, async () => {
        const { state, reasons, files } = await walk(packed, { pieceBytes })
        expect({ state, reasons, files: listed(files) }).toEqual({ state: 'complete', reasons: [], files: LISTED })
      })
    }
  }

  it('bzip2 and xz are not read, and that is said', async () => {
    expect(await walk(Buffer.from('BZh91AY&SY'))).toMatchObject({
      state: 'failed',
      reasons: ['it is packed with bzip2, which is not read: gzip, zstd and plain tars are'],
    })
    const xz = await walk(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4]))
    expect(xz).toMatchObject({ state: 'failed', reasons: [expect.stringContaining('xz')] })
  })

  it('what is no tar is failed, and nothing at all is an empty layer', async () => {
    expect(await walk(Buffer.alloc(4096, 'x'))).toMatchObject({ state: 'failed' })
    expect(await walk(Buffer.from('{"config":{}}'))).toMatchObject({ state: 'failed' })
    expect(await walk(new Uint8Array(0))).toMatchObject({ state: 'complete', files: [] })
    expect(await walk(gzipSync(Buffer.alloc(1024)))).toMatchObject({ state: 'complete', files: [] })
  })

  it('what comes after the end of the tar is of no interest', async () => {
    const { state, files } = await walk(
      Buffer.concat([gzipSync(Buffer.concat([TAR, Buffer.alloc(999, 'x')])), Buffer.from('x')]),
    )
    expect({ state, files: listed(files) }).toEqual({ state: 'complete', files: LISTED })
  })
})

describe('names and sizes', () => {
  it('GNU long names, pax names, prefixes', async () => {
    const long = `${'a/'.repeat(150)}b`
    const tar = makeTar(
      { path: '././@LongLink', type: 'L', content: `${long}\0`, gnu: true },
      { path: 'cut', content: '1', gnu: true },
      { path: '././@LongLink', type: 'K', content: `${long}\0`, gnu: true },
      { path: 'long-link', type: '2', link: 'cut', gnu: true },
      paxEntry([
        ['path', `${long}x`],
        ['mtime', '1.5'],
      ]),
      { path: 'cut', content: '2' },
      paxEntry([['linkpath', `${long}y`]]),
      { path: 'pax-link', type: '2' },
      { path: 'name', prefix: 'in/prefix', content: '3' },
      { path: 'name', prefix: 'not/a/prefix', content: '4', gnu: true },
    )
    const { files } = await walk(tar)
    expect(listed(files)).toEqual([
      `file ${long} ${hashOf('1')}`,
      `link long-link ${long}`,
      `file ${long}x ${hashOf('2')}`,
      `link pax-link ${long}y`,
      `file in/prefix/name ${hashOf('3')}`,
      `file name ${hashOf('4')}`,
    ])
  })

  it('pax sizes and base 256 sizes', async () => {
    const tar = makeTar(
      paxEntry([['size', '5']]),
      { path: 'pax', content: 'hello', sizeBytes: 0, patch: (header) => header.fill(0, 124, 136) },
      { path: 'binary', content: 'hello', patch: (header) => header.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5], 124) },
      { path: 'last', content: 'x' },
    )
    const { state, files } = await walk(tar)
    expect(files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
      ['pax', 5],
      ['binary', 5],
      ['last', 1],
    ])
    expect(state).toBe('complete')
  })

  it('links, folders and devices have no content, whatever they claim, as Go and so the runtimes read it', async () => {
    const tar = makeTar({ path: 'link', type: '2', link: 'x', sizeBytes: 512 }, { path: 'hidden', content: 'x' })
    const { files } = await walk(tar)
    expect(files.map(({ path }) => path)).toEqual(['link', 'hidden'])
  })

  it('refuses what leads outside, and counts it', async () => {
    const tar = makeTar(
      ...['../up', 'a/../../b', 'a/../c', '..', 'ok/..'].map((path) => ({ path, content: 'x' })),
      paxEntry([['path', 'with\0nul']]),
      { path: 'x', content: 'x' },
      paxEntry([['path', 'l'.repeat(5000)]]),
      { path: 'x', content: 'x' },
      { path: '///a//./b', content: 'y' },
      { path: Buffer.from([0x66, 0xff]), content: 'z' },
    )
    const { state, reasons, files } = await walk(tar)
    expect(files.map(({ path }) => path)).toEqual(['a/b', 'f\u00ff'])
    expect({ state, reasons }).toEqual({
      state: 'partial',
      reasons: ['7 entries have names that no system unpacks, or that lead outside'],
    })
  })

  it('whiteouts', async () => {
    const tar = makeTar(
      { path: 'etc/.wh.passwd' },
      { path: 'var/lib/.wh..wh..opq' },
      { path: '.wh..wh..opq' },
      { path: '.wh.top' },
      { path: '.wh..wh.plnk', type: '5' },
      { path: 'etc/passwd', content: 'new' },
    )
    const { state, files } = await walk(tar)
    const expected = [
      'removed etc/passwd',
      'opaque var/lib',
      'opaque ',
      'removed top',
      `file etc/passwd ${hashOf('new')}`,
    ]
    expect(listed(files)).toEqual(expected)
    expect(state).toBe('complete')
    const odd = await walk(makeTar({ path: 'a/.wh.' }, { path: 'a/.wh...' }, { path: 'a/.wh..' }))
    expect(odd.files).toEqual([])
    expect(odd.state).toBe('partial')
  })

  it('of two entries of one path the later counts, with what it tells', async () => {
    const { analyzer } = keeper('db')
    const tar = makeTar({ path: 'db', content: 'old' }, { path: './db', type: '2', link: 'elsewhere' })
    const { files, packageFiles } = await walk(tar, { analyzers: [analyzer] })
    expect(listed(files)).toEqual(['link db elsewhere'])
    expect(packageFiles).toEqual([])
  })

  it('a hard link to what was found by its name is found only when its own name is one too', async () => {
    const { analyzer } = keeper('db', 'other')
    const tar = makeTar(
      { path: 'db', content: 'x' },
      { path: 'store/123', type: '1', link: 'db' },
      { path: 'other', type: '1', link: 'store/123' },
    )
    const { state, packageFiles } = await walk(tar, { analyzers: [analyzer] })
    expect(packageFiles.map(({ path }) => path)).toEqual(['db'])
    // The second link leads to a name that nothing was found by.
    expect(state).toBe('partial')
  })

  it('hard links are the file that they are a name of', async () => {
    const { analyzer } = keeper('db', 'second', 'third', 'fourth')
    const tar = makeTar(
      { path: 'db', content: 'packages' },
      { path: 'second', type: '1', link: './db' },
      { path: 'plain', content: 'x' },
      { path: 'third', type: '1', link: 'plain' },
      { path: 'fourth', type: '1', link: 'lower/layer' },
      { path: 'fifth', type: '1', link: '../../etc/shadow' },
    )
    const { state, reasons, files, packageFiles } = await walk(tar, { analyzers: [analyzer] })
    expect(listed(files)).toEqual([
      `file db ${hashOf('packages')}`,
      `file second ${hashOf('packages')}`,
      `file plain ${hashOf('x')}`,
      `file third ${hashOf('x')}`,
      'link fourth lower/layer',
      'link fifth ../../etc/shadow',
    ])
    expect(packageFiles.map(({ path }) => path)).toEqual(['db', 'second'])
    expect({ state, reasons }).toEqual({
      state: 'partial',
      reasons: ['third is a hard link to a file that nobody looked into before', '1 more hard links of that kind'],
    })
  })
})

describe('sparse files', () => {
  const expanded = Buffer.concat([
    Buffer.alloc(1000),
    Buffer.from('abc'),
    Buffer.alloc(97),
    Buffer.from('de'),
    Buffer.alloc(98),
  ])
  const map = [1000, 3, 1100, 2]
  const number = (value: number) => `${value.toString(8).padStart(11, '0')}\0`
  const mapText = `${['2', ...map].join('\n')}\n`.padEnd(512, '\0')
  const writeMap = (header: Buffer) => {
    header.write(map.map(number).join(''), 386)
    header.write(number(1200), 483)
  }
  const forms: readonly (readonly [string, Buffer])[] = [
    ['GNU', makeTar({ path: 'sparse', type: 'S', content: 'abcde', gnu: true, patch: writeMap })],
    [
      'pax 0.0',
      makeTar(
        paxEntry([
          ...([
            ['GNU.sparse.major', '0'],
            ['GNU.sparse.minor', '0'],
            ['GNU.sparse.size', '1200'],
          ] as const),
          ...([
            ['GNU.sparse.offset', '1000'],
            ['GNU.sparse.numbytes', '3'],
          ] as const),
          ...([
            ['GNU.sparse.offset', '1100'],
            ['GNU.sparse.numbytes', '2'],
          ] as const),
        ]),
        { path: 'sparse', content: 'abcde' },
      ),
    ],
    [
      'pax 0.1',
      makeTar(
        paxEntry([
          ['GNU.sparse.size', '1200'],
          ['GNU.sparse.map', map.join(',')],
          ['GNU.sparse.name', 'sparse'],
        ]),
        {
          path: 'GNUSparseFile.1/sparse',
          content: 'abcde',
        },
      ),
    ],
    [
      'pax 1.0',
      makeTar(
        paxEntry([
          ...([
            ['GNU.sparse.major', '1'],
            ['GNU.sparse.minor', '0'],
            ['GNU.sparse.realsize', '1200'],
          ] as const),
          ['GNU.sparse.name', 'sparse'],
        ]),
        { path: 'GNUSparseFile.1/sparse', content: `${mapText}abcde` },
      ),
    ],
  ]
  for (const [name, tar] of forms) {
    it(name, async () => {
      const { analyzer, seen } = keeper('sparse')
      const { state, files } = await walk(Buffer.concat([tar.subarray(0, -1024), makeTar({ path: 'next' })]), {
        analyzers: [analyzer],
      })
      expect(files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
        ['sparse', 1200],
        ['next', 0],
      ])
      expect(files[0]?.content).toBe(hashOf(expanded))
      expect(seen.get('sparse')).toBe(expanded.toString('latin1'))
      expect(state).toBe('complete')
    })
  }

  it('a hole of exabytes costs nothing', async () => {
    const records = [
      ['GNU.sparse.size', String(2 ** 52)],
      ['GNU.sparse.map', '0,1'],
    ] as const
    const { state, files } = await walk(makeTar(paxEntry(records), { path: 'sparse', content: 'a' }), { timeMs: 5000 })
    expect({ state, sizeBytes: files[0]?.sizeBytes }).toEqual({ state: 'complete', sizeBytes: 2 ** 52 })
  })

  for (const bad of ['0,5,3,5', '5,1,0,1', '0', '0,9999', '0,1,x,1', '0,4']) {
    it(`a map that makes no sense: ${bad}`, async () => {
      const tar = makeTar(
        { path: 'first' },
        paxEntry([
          ['GNU.sparse.size', '100'],
          ['GNU.sparse.map', bad],
        ]),
        {
          path: 'sparse',
          content: 'abcde',
        },
      )
      expect(await walk(tar)).toMatchObject({
        state: 'partial',
        reasons: ['the map of a sparse file in it makes no sense'],
      })
    })
  }
})

describe('damage', () => {
  const whole = makeTar(
    paxEntry([['path', 'first']]),
    { path: 'x', content: 'one' },
    { path: 'second', content: 'y'.repeat(600) },
  )

  it('cut at every byte: never complete, except where entries end', async () => {
    const complete: number[] = []
    for (let length = 1; length < whole.length - 1024; length += 13) {
      const { state, reasons } = await walk(whole.subarray(0, length))
      if (state === 'complete') complete.push(length)
      else expect(reasons).toHaveLength(1)
    }
    expect(complete).toEqual([])
    const all = (await walk(whole)).files
    for (const packed of [gzipSync(whole), zstdCompressSync(whole)]) {
      for (let length = 1; length < packed.length; length++) {
        const { state, files } = await walk(packed.subarray(0, length))
        // The tar's end may lie before the end of what it is packed in.
        if (state === 'complete') expect(files).toEqual(all)
      }
      expect((await walk(packed.subarray(0, packed.length / 2))).state).not.toBe('complete')
    }
  })

  it('a bad checksum ends it there', async () => {
    const bad = Buffer.concat([makeEntry({ path: 'a', content: 'x' }), makeEntry({ path: 'b', badChecksum: true })])
    expect(await walk(bad)).toMatchObject({
      state: 'partial',
      reasons: ['a header of it is damaged, or it is no tar'],
      files: [{ path: 'a' }],
    })
  })

  it('a damaged middle of gzip keeps what came before', async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251))
    const packed = gzipSync(
      makeTar({ path: 'first', content }, { path: 'second', content }, { path: 'third', content }),
    )
    packed.fill(0xaa, packed.length - 400, packed.length - 300)
    const { state, reasons, files } = await walk(packed)
    expect(state).toBe('partial')
    expect(reasons).toHaveLength(1)
    expect(files[0]?.path).toBe('first')
  })

  it('an analyzer that throws is a reason, and the others go on', async () => {
    const { analyzer, seen } = keeper('db')
    const broken = {
      ...{ name: 'broken', wants: () => true },
      analyze: async () => {
        throw new Error('no\nsense\u001b[31m')
      },
    }
    const { state, reasons } = await walk(makeTar({ path: 'db', content: 'x' }), { analyzers: [broken, analyzer] })
    expect(seen.get('db')).toBe('x')
    expect({ state, reasons }).toEqual({ state: 'partial', reasons: ['db: broken could not read it: no?sense?[31m'] })
  })

  it('seeded noise over a good tar never throws, and always comes to an end', async () => {
    const seed = Number(process.env.BERTH_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
    console.log(`seed ${seed}`)
    let state = seed
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state % below
    }
    for (let round = 0; round < 300; round++) {
      const noisy = Buffer.from(whole)
      for (let change = random(6); change >= 0; change--) noisy[random(noisy.length)] = random(256)
      const found = await walk(noisy, { timeMs: 5000 })
      expect(['complete', 'partial', 'failed']).toContain(found.state)
    }
  })
})
