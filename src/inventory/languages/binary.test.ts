import { describe, expect, it } from 'bun:test'
import { deflateSync } from 'node:zlib'
import { analyze, analyzerOf, LIMITS, named } from '../../../test/support/analyze.ts'
import { elf, inlineBuildInfo, pointedBuildInfo } from '../../../test/support/programs.ts'
import { stdlibVersion } from './go-modules.ts'

const HASH = 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
const MODULES = [
  'path\texample.com/app/cmd',
  `mod\texample.com/app\tv1.0.1-0.20250101000000-abcdefabcdef\t`,
  `dep\tgithub.com/docker/docker\tv24.0.0+incompatible\t${HASH}`,
  'dep\tgithub.com/old/thing\tv1.0.0',
  `=>\tgithub.com/new/thing\tv1.2.0\t${HASH}`,
  'dep\texample.com/local\tv0.1.0',
  '=>\t./local\t(devel)\t',
  'build\tCGO_ENABLED=0',
  '',
].join('\n')
const EXPECTED = [
  'example.com/app v1.0.1-0.20250101000000-abcdefabcdef',
  'github.com/docker/docker v24.0.0+incompatible',
  'github.com/new/thing v1.2.0',
  'example.com/local v0.1.0',
  'stdlib 1.17.3',
]
const ELF = { bits: 64, bigEndian: false, address: 0x400000, sectionName: '.go.buildinfo' } as const

describe('Go', () => {
  it('reads what was written into the program', async () => {
    const analysis = await analyze('app/server', elf(inlineBuildInfo('go1.17.3', MODULES), ELF))
    expect(named(analysis)).toEqual(EXPECTED)
    expect(analysis?.packages?.[0]?.type).toBe('golang')
    expect(analysis).not.toHaveProperty('unknown')
    expect(analysis).not.toHaveProperty('reason')
  })

  it('follows the pointers of older programs, of every kind of machine', async () => {
    for (const bits of [32, 64] as const)
      for (const bigEndian of [false, true]) {
        const info = pointedBuildInfo({ version: 'go1.17.3', modules: MODULES, bits, bigEndian, address: 0x500000 })
        const file = elf(info, { bits, bigEndian, address: 0x500000, sectionName: '.go.buildinfo' })
        expect([bits, bigEndian, named(await analyze('app/server', file))]).toEqual([bits, bigEndian, EXPECTED])
      }
  })

  it('passes by what only looks like it: unaligned, cut, pointing elsewhere', async () => {
    const info = inlineBuildInfo('go1.17.3', MODULES)
    const decoys = Buffer.concat([
      Buffer.alloc(7),
      info.subarray(0, 40),
      Buffer.alloc(9),
      info.subarray(0, 16),
      Buffer.alloc(32),
    ])
    const padding = Buffer.alloc((16 - (decoys.length % 16)) % 16)
    const file = elf(Buffer.concat([decoys, padding, info]), ELF)
    expect(named(await analyze('app/server', file))).toEqual(EXPECTED)
    const astray = pointedBuildInfo({
      version: 'go1.17.3',
      modules: '',
      bits: 64,
      bigEndian: false,
      address: 0x9990000,
    })
    expect(await analyze('app/server', elf(astray, ELF))).toEqual({
      unknown: true,
      reason: 'a Go program without its build information',
    })
  })

  it('says when the modules or the version of Go are not known', async () => {
    expect(await analyze('app/a', elf(inlineBuildInfo('go1.21.5', ''), ELF))).toEqual({
      packages: [{ type: 'golang', name: 'stdlib', version: '1.21.5' }],
      unknown: true,
      reason: 'a Go program that does not say its modules',
    })
    const modules = 'mod\ta.b/c\t(devel)\t\ndep\tbad name\tv1\n'
    expect(await analyze('app/a', elf(inlineBuildInfo('devel +abc', modules), ELF))).toEqual({
      packages: [{ type: 'golang', name: 'a.b/c', version: '(devel)' }],
      reason: 'built by a Go without a version; 1 modules are not named as Go names them',
    })
  })

  it('takes the release in the words of Go itself', () => {
    const versions = {
      'go1.21.5': '1.21.5',
      'go1.18': '1.18',
      'go1.22rc1': '1.22rc1',
      'go1.13beta1': '1.13beta1',
      'go1.19.4b4': '1.19.4',
      'go1.24.6 X:boringcrypto': '1.24.6',
      'go1.20.5-google': '1.20.5',
      'devel go1.23-9e6b1d53a0 Thu Jan 4 2024': undefined,
      'devel +abc': undefined,
      '': undefined,
    }
    for (const [said, version] of Object.entries(versions)) expect([said, stdlibVersion(said)]).toEqual([said, version])
  })
})

describe('Rust', () => {
  const CRATES = {
    packages: [
      { name: 'adler', version: '1.0.2', source: 'crates.io' },
      { name: 'cc', version: '1.0.0', source: 'crates.io', kind: 'build' },
      { name: 'app', version: '0.1.0', source: 'local', dependencies: [0], root: true },
      { name: 'bad name', version: '1' },
    ],
  }
  const rust = (section: Uint8Array) => analyze('app/rust', elf(section, { ...ELF, sectionName: '.dep-v0' }))

  it('reads the list that cargo-auditable wrote, without what only built it', async () => {
    const analysis = await rust(deflateSync(JSON.stringify(CRATES)))
    expect(named(analysis)).toEqual(['adler 1.0.2', 'app 0.1.0'])
    expect(analysis?.packages?.[0]?.type).toBe('cargo')
    expect(analysis?.reason).toBe('1 crates are not named as Cargo names them')
  })

  it('unpacks no bomb', async () => {
    const started = performance.now()
    await expect(rust(deflateSync(Buffer.alloc(512 * 1024 * 1024)))).rejects.toThrow('has a broken list')
    await expect(rust(Buffer.from('nothing packed'))).rejects.toThrow('has a broken list')
    await expect(rust(deflateSync('{}'))).rejects.toThrow('lists no crates')
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('programs that say nothing', () => {
  const say = async (path: string, content: string) =>
    analyze(path, elf(Buffer.from(content, 'latin1'), { ...ELF, sectionName: '.text' }))

  it('are unknown, and what could have spoken is named', async () => {
    expect(await say('app/a', 'UPX!')).toEqual({ unknown: true, reason: 'packed by UPX' })
    expect(await say('usr/bin/a', '\xff Go build ID: "x"')).toMatchObject({ unknown: true })
    expect(await say('app/a', 'src/rustc/0123456789/library/core')).toMatchObject({
      unknown: true,
      reason: expect.stringContaining('Rust'),
    })
    expect(await say('usr/local/bin/a', 'int main')).toEqual({ unknown: true })
  })

  it('are of no interest where a package answers for them', async () => {
    for (const path of ['app/node_modules/a/b', 'opt/libfoo.so.1', 'usr/lib/python3/dist-packages/a'])
      expect([path, await say(path, 'int main')]).toEqual([path, undefined])
    for (const path of ['usr/bin/a', 'lib/x86_64-linux-gnu/a', 'sbin/b'])
      expect([path, await say(path, 'int main /rustc/')]).toEqual([path, { ofDistribution: true }])
  })

  it('are programs by their first bytes only', () => {
    const claims = (...bytes: number[]) => analyzerOf('app/a', Buffer.from(bytes))?.name
    expect(claims(0x7f, 0x45, 0x4c, 0x46)).toBe('binary')
    expect(claims(0x4d, 0x5a, 0, 0)).toBe('binary')
    expect(claims(0xcf, 0xfa, 0xed, 0xfe)).toBe('binary')
    expect(claims(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2)).toBe('binary')
    // A class of Java.
    expect(claims(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52)).toBeUndefined()
    expect(claims(0x23, 0x21, 0x2f)).toBeUndefined()
    expect(claims()).toBeUndefined()
  })
})

it('places that lead out of the file are of no program', async () => {
  const file = elf(inlineBuildInfo('go1.17.3', MODULES), ELF)
  file.writeBigUInt64LE(0xffffffffffffffffn, 40)
  file.writeBigUInt64LE(0xffffffffffffffffn, 32)
  // Inline, so that it is found all the same.
  expect(named(await analyze('app/server', file, LIMITS))).toEqual(EXPECTED)
})
