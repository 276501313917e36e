import { afterAll, describe, expect, it } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createLayerReader } from '../../src/inventory/layer/reader.ts'
import { READ_LAYER } from '../../src/inventory/layer/reading-order.ts'
import type { Package } from '../../src/packages/package.ts'
import { layerFile, layerOf, misbehaving, read, readerWith, streamed, verdict } from './support/layer-reader.ts'
import { makeTar } from './support/make-tar.ts'
import { LIMITS } from './support/walk.ts'

const MIB = 1024 ** 2
const status =
  'Package: bash\nStatus: install ok installed\nVersion: 5.2\nSource: bash-source (5.1)\nArchitecture: amd64\n'
const packed = gzipSync(
  makeTar(
    { path: 'var/lib/dpkg/status', content: status },
    { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
  ),
)
const folder = await mkdtemp(join(tmpdir(), 'berth-layers-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const bash: Package = {
  type: 'deb',
  name: 'bash',
  version: '5.2',
  source: { name: 'bash-source', version: '5.1' },
  arch: 'amd64',
}

describe('a layer, by a process of its own', () => {
  it('from a file, from memory, from a stream', async () => {
    const path = join(folder, 'layer')
    await writeFile(path, packed)
    let sent = false
    const { layer } = streamed((controller) => {
      if (sent) controller.close()
      else controller.enqueue(packed)
      sent = true
    }, packed.length)
    for (const each of [layerFile(path), layerOf(packed), layer]) {
      const found = await read(readerWith(), each)
      expect(found.packageFiles).toEqual([{ path: 'var/lib/dpkg/status', packages: [bash] }])
      expect(found.osFiles).toEqual([{ path: 'etc/os-release', os: { id: 'debian', versionId: '12' } }])
      expect(verdict(found)).toEqual({ state: 'complete', reasons: [] })
      expect(found.files.map(({ path: name, kind }) => `${kind} ${name}`)).toEqual([
        'file var/lib/dpkg/status',
        'file etc/os-release',
      ])
    }
  })

  it('a file that is longer than the layer is not handed over whole', async () => {
    const path = join(folder, 'longer')
    await writeFile(path, Buffer.concat([Buffer.from('something else'), packed]))
    const content = Bun.file(path).slice(14)
    expect(await read(readerWith(), { sizeBytes: packed.length, content })).toMatchObject({ state: 'complete' })
  })

  it('gets nothing of ours: no settings, no folder, and the processor last', async () => {
    expect(verdict(await read(misbehaving('environment'), layerOf(packed))).reasons).toEqual([
      'BUN_JSC_forceRAMSize',
      '/',
      'nice 19',
    ])
  })

  it('stored bytes that cannot be read are said to be that', async () => {
    const { layer } = streamed((controller) => controller.error(new Error('disk')), 100)
    expect(verdict(await read(readerWith(), layer))).toEqual({
      state: 'failed',
      reasons: ['its stored bytes could not be read: disk'],
    })
  })

  it('as many at a time as there are permits', async () => {
    const reader = readerWith()
    const all = await Promise.all([1, 2, 3].map(() => read(reader, layerOf(packed))))
    expect(all.map(({ state }) => state)).toEqual(['complete', 'complete', 'complete'])
  })
})

it('the single file reads layers as the source does', async () => {
  const outfile = join(folder, 'berth')
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, '../../src/main.ts')],
    compile: { outfile },
    bytecode: true,
    minify: true,
  })
  expect(built.logs).toEqual([])
  const reader = createLayerReader({ limits: LIMITS, parallel: 1, program: [outfile, READ_LAYER] })
  const found = await read(reader, layerOf(packed))
  expect(verdict(found)).toEqual({ state: 'complete', reasons: [] })
  expect(found.packageFiles).toEqual([{ path: 'var/lib/dpkg/status', packages: [bash] }])
}, 60_000)

describe('a process that', () => {
  const endings: readonly (readonly [string, string | RegExp])[] = [
    ['crash', /ended with SIG/],
    ['fail', 'the process that read it ended with code 3: ?[31mvery wrong'],
    ['garbage', 'the process that read it said what is no inventory'],
    ['endless', 'the process that read it said what is no inventory'],
    ['endless lines', 'the process that read it said what is no inventory'],
    ['strange path', 'the process that read it said what is no inventory'],
    ['silent', 'the process that read it did not say how it ended'],
    ['no end', 'the process that read it did not say how it ended'],
  ]
  for (const [way, reason] of endings) {
    it(`does that: ${way}`, async () => {
      const before = process.memoryUsage.rss()
      const found = await read(misbehaving(way, { memoryBytes: 256 * MIB }), layerOf(packed))
      expect(found.state).toBe('failed')
      expect(found.reasons).toEqual([expect.stringMatching(reason)])
      expect(found.files).toEqual([])
      // What it said may be kept until it is garbage; what came after may not.
      expect(process.memoryUsage.rss() - before).toBeLessThan(600 * MIB)
    })
  }

  for (const way of ['hang', 'sleep']) {
    it(`does not end: ${way}`, async () => {
      // A process is given five seconds more than its time.
      const found = await read(misbehaving(way, { timeMs: -4500 }), layerOf(packed))
      expect(verdict(found)).toEqual({
        state: 'failed',
        reasons: ['the process that read it hung, and was ended: scanning.limits.time'],
      })
    })
  }

  it('eats memory', async () => {
    const found = await read(misbehaving('eat', { memoryBytes: 300 * MIB }), layerOf(packed))
    expect(verdict(found)).toEqual({
      state: 'failed',
      reasons: ['the process that read it took too much memory, and was ended: scanning.limits.memory'],
    })
  })

  it('cannot be started', async () => {
    const reader = createLayerReader({ limits: LIMITS, parallel: 1, program: [join(folder, 'none')] })
    expect(verdict(await read(reader, layerOf(packed)))).toEqual({
      state: 'failed',
      reasons: [expect.stringContaining('no process could be started')],
    })
  })

  it('is not wanted any more is killed', async () => {
    const aborter = new AbortController()
    const { layer, stats } = streamed(() => new Promise(() => undefined), 100)
    const reading = readerWith().read(layer, aborter.signal)
    aborter.abort(new Error('enough'))
    expect(reading).rejects.toThrow('enough')
    await reading.catch(() => undefined)
    expect(stats.cancelled).toBe(true)
    expect(readerWith().read(layer, aborter.signal)).rejects.toThrow('enough')
  })
})
