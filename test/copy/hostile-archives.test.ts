import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { openImageArchive, openLayoutFolder } from '../../src/image-files/open-images.ts'
import { indexTar } from '../../src/storage/image-files/archive-index.ts'
import { berth } from '../e2e/support/command.ts'
import { ImageGraph } from '../support/image-graph.ts'

/** Row 66 of the register, and §1.6: an archive that means harm is refused as a whole. */

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-hostile-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Entry = Partial<Header> & { readonly name: string; readonly text?: string }

let count = 0
/** A tar of the files of a good image, with these entries besides. */
async function archive(...entries: readonly Entry[]): Promise<string> {
  const path = join(folder, `${count++}.tar`)
  const tar = pack()
  const written = pipeline(tar, createWriteStream(path))
  const graph = new ImageGraph()
  const root = graph.image('good', [graph.blob('layer')])
  const annotations = { 'org.opencontainers.image.ref.name': 'v1' }
  const good: Entry[] = [...graph.contents].map(([digest, bytes]) => ({
    name: `blobs/${digest.replace(':', '/')}`,
    text: new TextDecoder().decode(bytes),
  }))
  const files: Entry[] = [
    { name: 'oci-layout', text: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', text: JSON.stringify({ schemaVersion: 2, manifests: [{ ...root, annotations }] }) },
    ...good,
  ]
  const replaced = new Set(entries.map(({ name }) => name))
  for (const { text = '', ...header } of [...files.filter(({ name }) => !replaced.has(name)), ...entries])
    tar.entry(header as Header, text)
  tar.finalize()
  await written
  return path
}

describe('an archive', () => {
  it('is read where it is good', async () => {
    const images = await openImageArchive(await archive({ name: './README', text: 'what else there is' }))
    expect(images.images.map(({ named }) => named?.tag)).toEqual(['v1'])
  })

  const evil: readonly (readonly [string, Entry, string])[] = [
    ['a name that leads out', { name: '../evil', text: 'x' }, 'leads elsewhere'],
    ['a name that leads out later', { name: 'blobs/../../evil', text: 'x' }, 'leads elsewhere'],
    ['an absolute name', { name: '/etc/cron.d/evil', text: 'x' }, 'leads elsewhere'],
    ['a backslash', { name: 'blobs\\..\\evil', text: 'x' }, 'leads elsewhere'],
    ['a line break in a name', { name: 'a\nb', text: 'x' }, 'leads elsewhere'],
    ['a link to the system', { name: 'blobs/sha256/link', type: 'symlink', linkname: '/etc/shadow' }, 'a link'],
    ['a link that leads out', { name: 'a/layer.tar', type: 'symlink', linkname: '../../layer.tar' }, 'a link'],
    ['a link to another file', { name: 'link', type: 'symlink', linkname: 'index.json' }, 'a link'],
    ['a hard link', { name: 'hard', type: 'link', linkname: 'index.json' }, 'no file'],
    ['a device', { name: 'device', type: 'character-device' }, 'no file'],
    ['a pipe', { name: 'pipe', type: 'fifo' }, 'no file'],
  ]
  it.each(evil)('is refused with %s', async (_what, entry, problem) => {
    await expect(openImageArchive(await archive(entry))).rejects.toThrow(problem)
  })

  it('is refused with two files of one name', async () => {
    await expect(openImageArchive(await archive({ name: 'x', text: '1' }, { name: './x', text: '2' }))).rejects.toThrow(
      'two entries named "x"',
    )
  })

  it('is refused with a million files, before all of them were read', async () => {
    let given = 0
    async function* million() {
      for (; given < 1_000_000; given += 1000)
        yield Buffer.concat(Array.from({ length: 1000 }, (_, n) => emptyFile(given + n)))
    }
    await expect(indexTar('million.tar', million())).rejects.toThrow('more than 200000 entries')
    expect(given).toBeLessThan(210_000)
  })

  it.each([
    ['index.json', `{"schemaVersion":2,"manifests":[${' '.repeat(16 * 1024 * 1024)}]}`, 'which is more than'],
    ['index.json', '{"schemaVersion":2,"manifests":[', 'is no JSON'],
    ['index.json', '{"manifests":[{"digest":"sha256:../../etc/passwd","mediaType":"a/b","size":1}]}', 'not a digest'],
    ['index.json', '{"schemaVersion":2,"manifests":[],"manifests":[]}', 'is no JSON'],
    ['oci-layout', '{"imageLayoutVersion":"9"}', 'is no OCI image layout'],
  ])('is refused with a bad %s', async (name, text, problem) => {
    await expect(openImageArchive(await archive({ name, text }))).rejects.toThrow(problem)
  })

  it('is refused where it ends too early, or is none', async () => {
    const path = await archive()
    await truncate(path, 3000)
    await expect(openImageArchive(path)).rejects.toThrow('is no sound tar')
    for (const [name, bytes, problem] of [
      ['random', crypto.getRandomValues(new Uint8Array(5000)), 'is no sound tar'],
      ['empty', new Uint8Array(1024), 'holds no images'],
      ['cut.gz', gzipSync(crypto.getRandomValues(new Uint8Array(50_000))).subarray(0, 20_000), 'damaged or incomplete'],
      ['xz', new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'decompress it first'],
    ] as const) {
      await writeFile(join(folder, name), bytes)
      await expect(openImageArchive(join(folder, name))).rejects.toThrow(problem)
    }
  })

  it('leaves no temporary file behind', async () => {
    const before = await readdir(tmpdir())
    const path = join(folder, 'good.tar.gz')
    await writeFile(path, gzipSync(await Bun.file(await archive()).bytes()))
    const images = await openImageArchive(path)
    await images.close()
    await writeFile(path, gzipSync(await Bun.file(await archive({ name: '../x' })).bytes()))
    await expect(openImageArchive(path)).rejects.toThrow()
    const left = (await readdir(tmpdir())).filter((name) => name.startsWith('berth-archive-') && !before.includes(name))
    expect(left).toEqual([])
  })
})

/** A header of POSIX's ustar for a file without bytes. */
function emptyFile(n: number): Buffer {
  const header = Buffer.from(EMPTY_FILE)
  const name = `f${n}`
  header.write(name, 0)
  const sum = EMPTY_SUM + Buffer.from(name).reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0`, 148)
  return header
}

const EMPTY_FILE = Buffer.alloc(512)
for (const at of [100, 108, 116]) EMPTY_FILE.write('0000644', at)
for (const at of [124, 136]) EMPTY_FILE.write('00000000000', at)
EMPTY_FILE.write('        0', 148)
EMPTY_FILE.write('ustar\u000000', 257)
const EMPTY_SUM = EMPTY_FILE.reduce((total, byte) => total + byte, 0)

describe('a layout in a folder', () => {
  it('is not read through links', async () => {
    const graph = new ImageGraph()
    graph.tag('v1', graph.image('good', []))
    const real = join(folder, 'real')
    graph.writeLayout(real)
    const linked = join(folder, 'linked')
    await mkdir(linked)
    await writeFile(join(linked, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    await symlink(join(real, 'index.json'), join(linked, 'index.json'))
    await expect(openLayoutFolder(linked)).rejects.toThrow('has no list of manifests')
    await rm(join(linked, 'index.json'))
    await writeFile(join(linked, 'index.json'), await Bun.file(join(real, 'index.json')).text())
    await symlink(join(real, 'blobs'), join(linked, 'blobs'))
    const images = await openLayoutFolder(linked)
    expect(await images.resolve('', 'v1')).toBeUndefined()
  })
})

describe('berth import', () => {
  it('stores nothing under a name of an archive that is refused, and says why', async () => {
    const data = join(folder, 'data')
    const layer = new ImageGraph().blob('layer')
    const wrong = await archive({ name: `blobs/${layer.digest.replace(':', '/')}`, text: 'LAYER' })
    for (const [path, problem] of [
      [await archive({ name: '../evil', text: 'x' }), 'leads elsewhere'],
      [wrong, 'another digest'],
    ] as const) {
      const { code, stderr } = await berth(['import', '--create', '--data', data, '--to', 'team/app', path])
      expect(code).toBe(1)
      expect(stderr).toContain(problem)
    }
    const listed = await berth(['repository', 'list', '--data', data])
    expect(listed.stdout).not.toContain('v1')
    const shown = await berth(['repository', 'show', 'team/app', '--data', data])
    expect(shown.stdout).not.toContain('v1')
  })
})
