import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { digestOf, findingOf, sampleInventory } from '../../../test/support/inventories.ts'
import type { Package } from '../../packages/package.ts'
import type { Finding, FindingsReport } from '../finding.ts'
import type { LayerFile } from '../layer-inventory.ts'
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../../../test/conformance/support/manifests.ts'
import { parseManifest } from '../../oci/manifest.ts'
import { parseImageSettings } from '../../registry/image-settings.ts'
import { compareFiles, type FilePage } from './compare-files.ts'
import { compareFindings } from './compare-findings.ts'
import { comparePackages } from './compare-packages.ts'
import { compareImages } from './compare.ts'

const SEED = 20261122

const npm = (name: string, version: string): Package => ({ type: 'npm', name, version })
const deb = (name: string, version: string): Package => ({ type: 'deb', name, version })

describe('packages of two images', () => {
  it('come, go, and change upwards or downwards by the order of their ecosystem', () => {
    const before = [deb('bash', '5.2~rc1-1'), deb('curl', '1:7'), npm('left', '1.0.0'), npm('stays', '1.0.0')]
    const after = [deb('bash', '5.2-1'), deb('curl', '8'), npm('right', '2.0.0'), npm('stays', '1.0.0')]
    expect(comparePackages(before, after)).toEqual({
      added: [npm('right', '2.0.0')],
      removed: [npm('left', '1.0.0')],
      changed: [
        { type: 'deb', name: 'bash', before: '5.2~rc1-1', after: '5.2-1', direction: 'up' },
        { type: 'deb', name: 'curl', before: '1:7', after: '8', direction: 'down' },
      ],
      unchanged: 1,
    })
  })

  it('in several versions are paired from the lowest on, and those of both left out', () => {
    const { added, removed, changed, unchanged } = comparePackages(
      [npm('a', '10.0.0'), npm('a', '9.0.0'), npm('a', '1.0.0'), npm('a', '1.0.0')],
      [npm('a', '9.1.0'), npm('a', '1.0.0')],
    )
    expect(changed).toEqual([{ type: 'npm', name: 'a', before: '9.0.0', after: '9.1.0', direction: 'up' }])
    expect(removed).toEqual([npm('a', '10.0.0')])
    expect({ added, unchanged }).toEqual({ added: [], unchanged: 1 })
  })

  it('with versions that are none have no direction; of one name they are of one type', () => {
    expect(comparePackages([npm('a', 'file:../a')], [npm('a', '1.0.0')]).changed).toEqual([
      { type: 'npm', name: 'a', before: 'file:../a', after: '1.0.0' },
    ])
    expect(comparePackages([npm('a', '1.0.0')], [deb('a', '1.0.0')])).toMatchObject({ changed: [], unchanged: 0 })
  })
})

function file(path: string, changes: Partial<LayerFile> = {}): LayerFile {
  return { path, kind: 'file', sizeBytes: 10, mode: 0o644, content: 'aa', ...changes }
}

function filesOf(...files: readonly LayerFile[]): ReadonlyMap<string, LayerFile> {
  return new Map(files.map((each) => [each.path, each]))
}

describe('files of two images', () => {
  const before = filesOf(file('a'), file('b'), file('c'), file('d', { sizeBytes: 5 }))
  const after = filesOf(
    file('a'),
    file('b', { content: 'bb' }),
    file('c', { mode: 0o755 }),
    file('e', { sizeBytes: 7 }),
  )

  it('are counted, and told by path in pages', () => {
    const first = compareFiles(before, after, { after: '', limit: 3 })
    expect(first).toMatchObject({
      ...{ added: { count: 1, bytes: 7 }, removed: { count: 1, bytes: 5 }, changed: { count: 2, bytes: 20 } },
      ...{ bytesBefore: 35, bytesAfter: 37, next: 'd' },
    })
    expect(first.items.map(({ path, change }) => `${path} ${change}`)).toEqual(['b changed', 'c changed', 'd removed'])
    const second = compareFiles(before, after, { after: 'd', limit: 3 })
    expect(second.items).toMatchObject([
      { path: 'e', change: 'added', after: { kind: 'file', sizeBytes: 7, mode: 0o644, hash: expect.any(String) } },
    ])
    expect([second.next, second.added.count]).toEqual([undefined, 1])
  })

  it('are told of one folder, of a part of a path, of one kind and of one change', () => {
    const link = file('etc/l', { kind: 'link', content: '/x' })
    const now = filesOf(file('etc/Hosts'), file('etcetera'), link)
    const ask = (question: Partial<FilePage>) => {
      const { items, added } = compareFiles(filesOf(file('gone/hosts')), now, { after: '', limit: 9, ...question })
      return [items.map(({ path }) => path), added.count]
    }
    expect(ask({ folder: 'etc' })).toEqual([['etc/Hosts', 'etc/l'], 2])
    expect(ask({ q: 'HOSTS' })).toEqual([['etc/Hosts', 'gone/hosts'], 1])
    expect(ask({ kind: 'link' })).toEqual([['etc/l'], 1])
    expect(ask({ change: 'removed' })).toEqual([['gone/hosts'], 3])
    const [found] = compareFiles(filesOf(), filesOf(link), { after: '', limit: 1 }).items
    expect(found?.after).toMatchObject({ link: '/x' })
  })

  it(`their pages together are all of it, whatever the size of a page (seed ${SEED})`, () => {
    const some = fc.uniqueArray(fc.nat(5000), { maxLength: 3000 })
    fc.assert(
      fc.property(some, some, fc.integer({ min: 1, max: 400 }), (one, other, limit) => {
        const [old, now] = [one, other].map((numbers) => filesOf(...numbers.map((n) => file(`p${n}`))))
        if (old === undefined || now === undefined) throw new Error('there are two')
        const found: string[] = []
        for (let after: string | undefined = ''; after !== undefined;) {
          const page = compareFiles(old, now, { after, limit })
          found.push(...page.items.map(({ path }) => path))
          after = page.next
        }
        const expected = [...old.keys(), ...now.keys()].filter((path) => old.has(path) !== now.has(path))
        expect(found).toEqual(expected.sort())
      }),
      { seed: SEED, numRuns: 30 },
    )
  })
})

const report = (...findings: readonly Finding[]): FindingsReport => ({
  ...{ state: 'complete', reasons: [], packages: 1, findings },
})

describe('vulnerabilities of two images', () => {
  it('are fixed and introduced, the worst first, whatever the version and the name', () => {
    const moved = { purl: 'pkg:npm/%40scope/left@2.0.0', version: '2.0.0' }
    const renamed = findingOf({ ...moved, vulnerability: 'GHSA-aaaa-bbbb-cccc', aliases: [] })
    const gone = findingOf({ vulnerability: 'CVE-2026-0002', aliases: [], severity: 'critical' })
    const small = findingOf({ vulnerability: 'CVE-2026-0003', aliases: [], severity: 'low' })
    const changes = compareFindings(report(findingOf(), small, gone), report(renamed))
    expect(changes.fixed.map(({ vulnerability }) => vulnerability)).toEqual(['CVE-2026-0002', 'CVE-2026-0003'])
    expect(changes).toMatchObject({ introduced: [], remaining: 1 })
    expect(compareFindings(report(), report(small)).introduced).toMatchObject([{ vulnerability: 'CVE-2026-0003' }])
  })

  it('of another package of the same name are others', () => {
    const other = findingOf({ purl: 'pkg:pypi/left@1.0.0' })
    expect(compareFindings(report(findingOf()), report(other))).toMatchObject({ remaining: 0 })
  })

  it('say of which report not all is known', () => {
    const partial: FindingsReport = { ...report(), state: 'partial', reasons: ['too deep'] }
    expect(compareFindings(report(findingOf()), partial).after).toEqual({ state: 'partial', reasons: ['too deep'] })
  })
})

describe('two images', () => {
  const layer = (n: number) => ({ mediaType: OCI_LAYER, digest: digestOf(n), size: n })
  const manifestOf = (layers: readonly number[], annotations: Readonly<Record<string, string>> = {}) =>
    parseManifest(
      Buffer.from(
        JSON.stringify({
          ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, annotations },
          ...{ config: { ...layer(50), mediaType: OCI_CONFIG }, layers: layers.map(layer) },
        }),
      ),
      undefined,
    )
  const BASE = 'org.opencontainers.image.base.name'
  const settingsOf = (config: object) => parseImageSettings(Buffer.from(JSON.stringify({ config })))
  const PLAIN = { repository: 'app', digest: digestOf(100), manifest: manifestOf([]), settings: undefined }

  it('differ in what their configurations say', () => {
    const before = {
      ...{ ...PLAIN, manifest: manifestOf([1], { [BASE]: 'debian:12' }) },
      settings: settingsOf({
        ...{ User: '1000', Entrypoint: ['/a', 'b c'], Env: ['PATH=/bin', 'GONE=1', 'SAME=x=y'] },
        ...{ ExposedPorts: { '80/tcp': {} }, Labels: { title: 'shop' } },
      }),
    }
    const after = {
      ...{ ...PLAIN, manifest: manifestOf([1], { [BASE]: 'debian:13' }) },
      settings: settingsOf({
        ...{ Entrypoint: ['/a', 'b', 'c'], Env: ['PATH=/usr/bin', 'SAME=x=y'], Cmd: [] },
        ...{ Volumes: { '/data': {} }, Labels: { title: 'store', new: 'yes' }, WorkingDir: '/srv' },
      }),
    }
    expect(compareImages(before, after).configuration).toEqual([
      { name: 'base.name', before: 'debian:12', after: 'debian:13' },
      { name: 'entrypoint', before: '["/a","b c"]', after: '["/a","b","c"]' },
      { name: 'env GONE', before: '1' },
      { name: 'env PATH', before: '/bin', after: '/usr/bin' },
      { name: 'label new', after: 'yes' },
      { name: 'label title', before: 'shop', after: 'store' },
      { name: 'port 80/tcp', before: 'exposed' },
      { name: 'user', before: '1000' },
      { name: 'volume /data', after: 'declared' },
      { name: 'workdir', after: '/srv' },
    ])
  })

  it('differ in layers, wherever these stand, and in what they weigh', () => {
    const compared = compareImages(
      { ...PLAIN, manifest: manifestOf([1, 2, 2]) },
      { ...PLAIN, manifest: manifestOf([3, 1]) },
    )
    expect(compared.layers).toMatchObject({
      ...{ common: { count: 1, bytes: 1 }, added: { count: 1, bytes: 3 }, removed: { count: 1, bytes: 2 } },
      items: [{ digest: digestOf(3), change: 'added' }, { change: 'common' }, { change: 'removed' }],
    })
    expect([compared.before.sizeBytes, compared.after.sizeBytes]).toEqual([53, 54])
    expect(compared.before.state).toBe('waiting')
    expect([compared.packages, compared.files, compared.vulnerabilities]).toEqual([undefined, undefined, undefined])
  })

  const listingOf = (...files: readonly LayerFile[]) => ({
    ...{ state: 'complete' as const, reasons: [], files: filesOf(...files) },
  })

  it('say whether all files of both are known', () => {
    const cut = { ...listingOf(), state: 'failed' as const, reasons: ['is not gzip'] }
    expect(compareImages({ ...PLAIN, listing: listingOf(file('a')) }, { ...PLAIN, listing: cut }).files).toMatchObject({
      ...{ removed: { count: 1 }, before: { state: 'complete' } },
      after: { state: 'failed', reasons: ['is not gzip'] },
    })
  })

  it.each(['waiting', 'unsupported', 'failed'] as const)('of which one report is %s: findings say nothing', (state) => {
    const one = { ...PLAIN, report: report(findingOf()) }
    const other = { ...PLAIN, report: { ...report(), state } }
    expect(compareImages(one, other).vulnerabilities).toBeUndefined()
    expect(compareImages(other, one).vulnerabilities).toBeUndefined()
  })

  it('that are the same differ in nothing', () => {
    const image = { ...PLAIN, inventory: sampleInventory(), listing: listingOf(file('a')), report: report(findingOf()) }
    expect(compareImages(image, image)).toMatchObject({
      ...{ packages: { added: [], removed: [], changed: [], unchanged: 5 }, configuration: [] },
      ...{ files: { changed: { count: 0 } }, vulnerabilities: { fixed: [], introduced: [], remaining: 1 } },
    })
  })

  it('of a million files and fifty thousand packages take seconds', () => {
    const many = (shift: number) =>
      new Map(Array.from({ length: 1_000_000 }, (_, n) => [`usr/${n + shift}`, file(`usr/${n + shift}`)]))
    const packages = (shift: number) =>
      Array.from({ length: 50_000 }, (_, n) => npm(`p${n % 100}`, `${n + shift}.0.0`)).map((each) => ({
        ...{ ...each, path: 'x', layer: digestOf(1) },
      }))
    const images = [0, 500_000].map((shift) => ({
      ...PLAIN,
      inventory: sampleInventory({ packages: packages(shift / 100) }),
      listing: { state: 'complete' as const, reasons: [], files: many(shift) },
    }))
    const [before, after] = images
    if (before === undefined || after === undefined) throw new Error('there are two')
    const started = performance.now()
    expect(compareImages(before, after).files?.added.count).toBe(500_000)
    expect(performance.now() - started).toBeLessThan(10_000)
  }, 30_000)
})
