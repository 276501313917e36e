import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { runs, SEED } from '../../../test/properties/parameters.ts'
import { analyze, LIMITS } from '../../../test/support/analyze.ts'
import { elf, inlineBuildInfo, pointedBuildInfo } from '../../../test/support/programs.ts'
import { zip } from '../../../test/support/zip.ts'

console.log(`languages/hostile: BERTH_TEST_SEED=${SEED}`)

const ELF = { bits: 64, bigEndian: false, address: 0x400000, sectionName: '.dep-v0' } as const
const MODULES = 'path\ta\nmod\ta.b/c\tv1.0.0\th1:x\ndep\td.e/f\tv2.0.0\n=>\tg.h/i\tv3.0.0\n'
const POM = { name: 'META-INF/maven/a/b/pom.properties', content: 'groupId=a\nartifactId=b\nversion=1\n' }

/** A sound file of every kind, by the path that has it claimed. */
const SOUND: Readonly<Record<string, Buffer>> = {
  'node_modules/a/package.json': Buffer.from('{"name":"@a/b","version":"1.0.0","licenses":[{"type":"MIT"}]}'),
  'a.dist-info/METADATA': Buffer.from('Name: a\nVersion: 1\nClassifier: License :: MIT\n\ntext\n'),
  'specifications/a-1.gemspec': Buffer.from('# stub: a 1 ruby lib\ns.name = "a"\ns.licenses = ["MIT", \'X\']\n'),
  'a.deps.json': Buffer.from(
    '{"runtimeTarget":{"name":"T"},"targets":{"T":{}},"libraries":{"A/1":{"type":"package"}}}',
  ),
  'vendor/composer/installed.json': Buffer.from('{"packages":[{"name":"a/b","version":"1","license":["MIT"]}]}'),
  'a-1.jar': zip([
    POM,
    { name: 'x/n.jar', content: zip([POM, { name: 'META-INF/MANIFEST.MF', content: 'A: b\n c\n' }]) },
  ]),
  inline: elf(inlineBuildInfo('go1.20', MODULES), ELF),
  pointed: elf(
    pointedBuildInfo({ version: 'go1.16', modules: MODULES, bits: 64, bigEndian: false, address: 0x400000 }),
    ELF,
  ),
  'a.exe': Buffer.concat([
    Buffer.from('MZ'),
    Buffer.alloc(58),
    Buffer.from([64, 0, 0, 0, 0x50, 0x45, 0, 0]),
    Buffer.alloc(300, 1),
  ]),
  mach: Buffer.concat([
    Buffer.from([0xcf, 0xfa, 0xed, 0xfe]),
    Buffer.alloc(12),
    Buffer.from([9, 0, 0, 0]),
    Buffer.alloc(500, 1),
  ]),
  '.yarn/cache/a.zip': zip([{ name: 'node_modules/a/package.json', content: '{"name":"a","version":"1.0.0"}' }]),
}
const PATHS = Object.keys(SOUND)

/** Far above what any of these small files takes, and far below what a loop without an end would. */
const PATIENCE_MS = 2000

/** Nothing but an answer or a reason, and soon. */
async function survives(path: string, content: Uint8Array): Promise<void> {
  const started = performance.now()
  const answer = await analyze(path, content).catch((error: unknown) => error)
  expect(performance.now() - started).toBeLessThan(PATIENCE_MS)
  if (!(answer instanceof Error)) return
  expect(answer.message).not.toBe('')
  // A fault of ours, and no reason.
  expect([TypeError.name, ReferenceError.name, RangeError.name]).not.toContain(answer.name)
}

describe('hostile files', () => {
  it('every sound file is understood before it is spoilt', async () => {
    for (const path of PATHS.slice(0, 8))
      expect([path, (await analyze(path, at(path)))?.packages?.length]).not.toEqual([path, 0])
  })

  it('random bytes', async () => {
    const bytes = fc.uint8Array({ maxLength: 2000 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), bytes, (path, content) => survives(path, content)),
      runs(500),
    )
  })

  it('sound files with bytes changed, cut, doubled', async () => {
    const change = fc.record({ at: fc.nat(), value: fc.oneof(fc.nat(255), fc.constantFrom(0, 255, 0x7f, 0x80)) })
    const input = fc.record({
      path: fc.constantFrom(...PATHS),
      changes: fc.array(change, { maxLength: 8 }),
      cut: fc.option(fc.nat()),
      doubled: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(input, async ({ path, changes, cut, doubled }) => {
        const content = Buffer.from(at(path))
        for (const one of changes) content[one.at % content.length] = one.value
        const kept = cut === null ? content : content.subarray(0, cut % content.length)
        await survives(path, doubled ? Buffer.concat([kept, kept]) : kept)
      }),
      runs(3000),
    )
  })

  it('JSON of every shape', async () => {
    const json = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('packages', 'libraries', 'name'), fc.jsonValue()),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS.slice(0, 5)), json, (path, value) =>
        survives(path, Buffer.from(JSON.stringify(value))),
      ),
      runs(500),
    )
  })
})

function at(path: string): Buffer {
  return SOUND[path] ?? Buffer.alloc(0)
}

describe('long files take their time in line with their length', () => {
  const LONG = 4_000_000
  const cases: Readonly<Record<string, readonly [path: string, content: () => Uint8Array | string]>> = {
    'nested JSON': ['node_modules/a/package.json', () => '['.repeat(LONG)],
    'a nested object': ['a.deps.json', () => `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
    'spaces in a header': ['a.dist-info/METADATA', () => `Name:${' '.repeat(LONG)}x\nVersion:1`],
    'lines without an end': ['a.dist-info/METADATA', () => 'Classifier: License :: a\n'.repeat(LONG / 25)],
    'a long word in Ruby': ['specifications/a-1.gemspec', () => `s.name = "${'a'.repeat(LONG)}`],
    'many dashes': [`specifications/${'a-1'.repeat(30_000)} .gemspec`, () => ''],
    'quotes in Ruby': ['specifications/a.gemspec', () => `s.licenses = [${'"'.repeat(900)}\n`.repeat(4000)],
    'marks of Go': ['a', () => elf(Buffer.from('\xff Go buildinf:\x08\x02'.repeat(LONG / 16), 'latin1'), ELF)],
    'marks of a zip': ['a.jar', () => 'PK\x05\x06'.repeat(LONG / 4)],
    'attributes without an end': [
      'a-1.jar',
      () => zip([{ name: 'META-INF/MANIFEST.MF', content: `A: b\n${' c\n'.repeat(LONG / 3)}` }]),
    ],
  }
  for (const [name, [path, content]] of Object.entries(cases))
    it(name, async () => {
      const bytes = Buffer.from(content())
      const started = performance.now()
      await analyze(path, bytes, LIMITS).catch(() => undefined)
      expect(performance.now() - started).toBeLessThan(PATIENCE_MS)
    })
})
