import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { type Digest, parseDigest } from '../oci/digest.ts'
import type { OsRelease, Package } from '../packages/package.ts'
import type { LayerFile, LayerInventory } from './layer-inventory.ts'
import { mergeFiles, mergeLayers } from './merge.ts'

const SEED = 20261122

const digestOf = (n: number): Digest => parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`)
const deb = (name: string, version: string): Package => ({ type: 'deb', name, version })
const entry = (path: string, kind: LayerFile['kind'] = 'file'): LayerFile => ({
  ...{ path, kind, sizeBytes: 1, mode: 0o644, content: `content of ${path}` },
})

interface Draft {
  readonly files?: readonly LayerFile[]
  readonly packages?: Readonly<Record<string, readonly Package[]>>
  readonly unknown?: readonly string[]
  readonly os?: OsRelease
  readonly reasons?: readonly string[]
}

/** Files that tell of packages are files, too. */
function layer({ files = [], packages = {}, unknown = [], os, reasons = [] }: Draft): LayerInventory {
  return {
    ...{ state: 'complete' as const, reasons, unknownBinaries: unknown },
    ...(os && { osFiles: [{ path: os.id === '' ? 'etc/apk/repositories' : 'etc/os-release', os }] }),
    packageFiles: Object.entries(packages).map(([path, found]) => ({ path, packages: found })),
    files: [...files, ...Object.keys(packages).map((path) => entry(path)), ...unknown.map((path) => entry(path))],
  }
}

function merge(...drafts: readonly Draft[]) {
  return mergeLayers(drafts.map((draft, n) => ({ digest: digestOf(n), inventory: layer(draft) })))
}

/** `path name version layer`. */
function listOf(...drafts: readonly Draft[]): string[] {
  return merge(...drafts).packages.map(
    ({ path, name, version, layer: digest }) => `${path} ${name} ${version} ${Number.parseInt(digest.slice(7), 16)}`,
  )
}

const STATUS = 'var/lib/dpkg/status'

describe('packages of layers', () => {
  it('come from the latest database, and belong to the first layer that has them', () => {
    const lower = { packages: { [STATUS]: [deb('bash', '5.1'), deb('curl', '7')] } }
    const middle = { packages: { [STATUS]: [deb('bash', '5.2'), deb('curl', '7'), deb('jq', '1')] } }
    expect(listOf(lower, middle)).toEqual([`${STATUS} bash 5.2 1`, `${STATUS} curl 7 0`, `${STATUS} jq 1 1`])
    expect(listOf(lower, middle, lower)).toEqual([`${STATUS} bash 5.1 2`, `${STATUS} curl 7 0`])
  })

  it('go with their file, whatever took it away', () => {
    const lower = { packages: { 'app/lib/a.jar': [deb('a', '1')], 'app/b': [deb('b', '1')] } }
    for (const files of [
      [entry('app/lib/a.jar', 'removed')],
      [entry('app/lib', 'removed')],
      [entry('app/lib', 'opaque')],
      [entry('app/lib')],
      [entry('app/lib', 'link')],
      [entry('app/lib/a.jar', 'folder')],
      [entry('app/lib/a.jar')],
    ])
      expect(listOf(lower, { files })).toEqual(['app/b b 1 0'])
    for (const files of [[entry('', 'opaque')], [entry('app', 'removed')]]) expect(listOf(lower, { files })).toEqual([])
  })

  it('stay when a folder is only mentioned, and when others of a like name go', () => {
    const lower = { packages: { 'app/lib/a.jar': [deb('a', '1')] } }
    const files = [entry('app', 'folder'), entry('app/li', 'removed'), entry('app/lib/a', 'removed'), entry('ap')]
    expect(listOf(lower, { files })).toEqual(['app/lib/a.jar a 1 0'])
    expect(listOf(lower, { files: [entry('app/lib/a.jar', 'opaque')] })).toEqual(['app/lib/a.jar a 1 0'])
  })

  it('of a layer are not taken away by its own whiteouts', () => {
    const again = { files: [entry('app', 'opaque')], packages: { 'app/a': [deb('a', '2')] } }
    const late = { ...again, files: [entry('app', 'removed')] }
    const lower = { packages: { 'app/a': [deb('a', '1')], 'app/z': [deb('z', '1')] } }
    expect(listOf(lower, again)).toEqual(['app/a a 2 1'])
    expect(listOf(lower, late)).toEqual(['app/a a 2 1'])
  })
})

describe('what else layers say', () => {
  it('facts of the distribution add up, until another one takes its place', () => {
    const alpine = { id: 'alpine', versionId: '3.18.4', prettyName: 'Alpine' }
    const branch = { id: '', versionId: '', apkBranch: 'v3.18' }
    expect(merge({ os: alpine }, { os: branch }, {}).os).toEqual({ ...alpine, apkBranch: 'v3.18' })
    expect(merge({ os: branch }, { os: alpine }).os).toEqual({ ...alpine, apkBranch: 'v3.18' })
    expect(merge({ os: alpine }, { os: { id: 'debian', versionId: '12' } }).os).toEqual({
      id: 'debian',
      versionId: '12',
    })
    expect(merge({}, {}).os).toBeUndefined()
    expect(merge({ os: branch }).os).toBeUndefined()
  })

  it('binaries that nobody knows go with their files, and reasons stay', () => {
    const lower = { unknown: ['bin/a', 'bin/b'], reasons: ['too big'] }
    const merged = merge(lower, { files: [entry('bin/a', 'removed')], reasons: ['too big', 'too deep'] })
    expect(merged.unknownBinaries).toEqual(['bin/b'])
    expect(merged.reasons).toEqual(['too big', 'too deep'])
  })
})

describe('files of layers', () => {
  it('are those of the topmost layer that has them', () => {
    const files = mergeFiles([
      layer({ files: [entry('a', 'folder'), entry('a/b'), entry('a/c'), entry('d')] }),
      layer({
        files: [{ ...entry('a', 'folder'), mode: 0o700 }, entry('a/c', 'removed'), { ...entry('d'), sizeBytes: 9 }],
      }),
    ])
    expect([...files.keys()].sort()).toEqual(['a', 'a/b', 'd'])
    expect(files.get('a')?.mode).toBe(0o700)
    expect(files.get('d')?.sizeBytes).toBe(9)
  })
})

/** Word for word what the specification says, path by path. */
function takesAway({ path, kind }: LayerFile, lower: string): boolean {
  const isBelow = path === '' || lower.startsWith(`${path}/`)
  if (kind === 'opaque') return isBelow && lower !== ''
  if (kind === 'folder') return path === lower
  return path === lower || isBelow
}

function naivePackages(layers: readonly LayerInventory[]): string[] {
  let now: { path: string; found: Map<string, number> }[] = []
  layers.forEach(({ files, packageFiles }, n) => {
    const before = now
    now = now.filter(({ path }) => !files.some((file) => takesAway(file, path)))
    for (const { path, packages } of packageFiles) {
      const old = before.find((each) => each.path === path)?.found
      const keys = packages.map(({ name, version }) => `${name} ${version}`)
      now = now.filter((each) => each.path !== path)
      now.push({ path, found: new Map(keys.map((key) => [key, old?.get(key) ?? n])) })
    }
  })
  return now.flatMap(({ path, found }) => [...found].map(([key, n]) => `${path} ${key} ${n}`)).sort()
}

function naiveFiles(layers: readonly LayerInventory[]): string[] {
  let now: LayerFile[] = []
  for (const { files } of layers) {
    const gone = (path: string, by: readonly LayerFile[]) => by.some((file) => takesAway(file, path))
    const whiteouts = files.filter(({ kind }) => kind === 'removed' || kind === 'opaque')
    now = now.filter(({ path }) => !gone(path, whiteouts))
    for (const file of files)
      if (!whiteouts.includes(file)) now = [...now.filter(({ path }) => !gone(path, [file])), file]
  }
  return now.map(({ path, kind }) => `${path} ${kind}`).sort()
}

const name = fc.constantFrom('a', 'b', 'ab', '.a')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))
const kind = fc.constantFrom<LayerFile['kind']>('file', 'folder', 'link', 'other', 'removed', 'opaque')
const anyEntry = fc.tuple(fc.oneof({ weight: 20, arbitrary: path }, fc.constant('')), kind).map(([at, what]) =>
  // A layer's own root is a folder and nothing else.
  entry(at, at === '' && what !== 'opaque' ? 'folder' : what),
)
const somePackages = fc.uniqueArray(
  fc.tuple(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2')).map(([of, version]) => deb(of, version)),
  { maxLength: 3, selector: (each) => `${each.name} ${each.version}` },
)
const draft = fc.record({
  files: fc.array(anyEntry, { maxLength: 6 }),
  packages: fc.dictionary(path, somePackages, { maxKeys: 4 }),
})

describe(`any layers (seed ${SEED})`, () => {
  it('have the packages of the naive model', () => {
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 6 }), (drafts) => {
        expect(listOf(...drafts).sort()).toEqual(naivePackages(drafts.map(layer)))
      }),
      { seed: SEED, numRuns: 3000 },
    )
  })

  it('have the files of the naive model', () => {
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 6 }), (drafts) => {
        const layers = drafts.map(layer)
        const merged = [...mergeFiles(layers).values()].map((file) => `${file.path} ${file.kind}`)
        expect(merged.sort()).toEqual(naiveFiles(layers))
      }),
      { seed: SEED, numRuns: 3000 },
    )
  })
})

describe('many files', () => {
  it('a hundred layers of a hundred thousand files each take seconds', () => {
    const files = Array.from({ length: 100_000 }, (_, n) =>
      entry(`usr/lib/p${(n / 100) | 0}/d${((n / 10) % 10) | 0}/f${n}`),
    )
    const inventory = layer({ files, packages: { [STATUS]: [deb('a', '1')], 'usr/lib/p1/d1/f111': [deb('b', '1')] } })
    const layers = Array.from({ length: 100 }, (_, n) => ({ digest: digestOf(n), inventory }))
    const started = performance.now()
    expect(mergeLayers(layers).packages).toHaveLength(2)
    expect(mergeFiles(layers.map((each) => each.inventory)).size).toBe(100_001)
    expect(performance.now() - started).toBeLessThan(20_000)
  }, 60_000)

  it('deep and long paths cost what they are long', () => {
    const deep = Array.from({ length: 20 }, (_, n) => `${'a/'.repeat(100_000)}${n}`)
    const packages = Object.fromEntries(deep.map((at) => [at, [deb('a', '1')]]))
    const started = performance.now()
    expect(listOf({ packages }, { packages }, { files: [entry('a/a', 'removed')] })).toEqual([])
    expect(performance.now() - started).toBeLessThan(5000)
  }, 30_000)
})
