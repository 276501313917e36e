import { describe, expect, it } from 'bun:test'
import { walk } from '../../test/scanning/support/walk.ts'
import { type EntryToMake, makeTar } from '../../test/scanning/support/make-tar.ts'
import { analyzers } from '../inventory/layer/analyzers.ts'
import { type Digest, parseDigest } from '../oci/digest.ts'
import { parseManifest } from '../oci/manifest.ts'
import { contentsOf } from './image-contents.ts'

const RELEASE = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n'
const ALPINE = 'ID=alpine\nVERSION_ID=3.18.4\nPRETTY_NAME="Alpine 3.18"\n'
const STATUS = 'Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n'
const INSTALLED = 'P:musl\nV:1.2.3-r4\nA:x86_64\n\n'
const PROGRAM = '\x7fELF\x02\x01\x01 /rustc/ and more'

const file = (path: string, content = 'x', mode = 0o644): EntryToMake => ({ path, content, mode })
const link = (path: string, to: string): EntryToMake => ({ path, type: '2', link: to })
const debian = file('etc/os-release', RELEASE)
const status = file('var/lib/dpkg/status', STATUS)
const program = (path: string) => file(path, PROGRAM, 0o755)

const digestOf = (n: number): Digest => parseDigest(`sha256:${n.toString(16).padStart(64, '0')}`)

/** What is said of an image with these layers. */
async function contents(...layers: readonly (readonly EntryToMake[])[]) {
  const descriptors = layers.map((_, n) => ({
    ...{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(n), size: 1 },
  }))
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(99), size: 1 }
  const body = JSON.stringify({ schemaVersion: 2, config, layers: descriptors })
  const read = layers.map(async (entries, n) => ({
    ...{ digest: digestOf(n), inventory: await walk(makeTar(...entries), { analyzers }) },
  }))
  const manifest = parseManifest(new TextEncoder().encode(body), undefined)
  return contentsOf({ manifest, layers: await Promise.all(read), config: undefined })
}

async function verdict(...layers: readonly (readonly EntryToMake[])[]) {
  const { state, facts } = await contents(...layers)
  return `${state}: ${facts.reasons.join('; ')}`
}

describe('a distribution with its packages', () => {
  it('is complete, wherever its database is', async () => {
    expect(await verdict([debian, status, program('usr/bin/a'), file('usr/lib/libc.so.6')])).toBe('complete: ')
    expect(await verdict([debian], [file('var/lib/dpkg/status.d/bash', STATUS)])).toBe('complete: ')
    const alpine = file('etc/os-release', ALPINE)
    expect(await verdict([alpine, file('lib/apk/db/installed', INSTALLED)])).toBe('complete: ')
    const merged = [link('lib', 'usr/lib'), file('usr/lib/apk/db/installed', INSTALLED)]
    expect(await verdict([alpine, ...merged, link('etc/os-release', '../usr/lib/os-release')])).toStartWith('partial')
    const released = [file('usr/lib/os-release', ALPINE), link('etc/os-release', '../usr/lib/os-release')]
    expect(await verdict([...released, ...merged])).toBe('complete: ')
  })

  it('links in the database of rpm that distributions make themselves are no reason', async () => {
    const links = [link('var/lib/rpm', '../../usr/lib/sysimage/rpm'), link('usr/lib/sysimage/rpm', '/usr/share/rpm')]
    const said = await verdict([file('etc/os-release', 'ID=fedora\nVERSION_ID=40\n'), ...links])
    expect(said).toContain('is not there')
    expect(said).not.toContain('symbolic link')
  })
})

describe('a distribution whose packages are not known', () => {
  const GONE =
    'unsupported: this is Debian 12, and its list of packages (var/lib/dpkg/status) is not there: images that were slimmed tell nothing'
  const NONE =
    'unsupported: this is Debian 12, and its list of packages (var/lib/dpkg/status) names none that is installed'

  it('because the database was never there, or was taken away', async () => {
    expect(await verdict([debian])).toBe(GONE)
    expect(await verdict([debian, status], [file('var/lib/.wh.dpkg')])).toBe(GONE)
    expect(await verdict([debian, status], [file('var/lib/dpkg/.wh..wh..opq')])).toBe(GONE)
  })

  it('because nothing is in it, or nothing that makes sense', async () => {
    expect(await verdict([debian, file('var/lib/dpkg/status', '')])).toBe(NONE)
    const garbage = await verdict([debian, file('var/lib/dpkg/status', '\x00\x01\x02\xff'.repeat(100))])
    expect(garbage).toBe(`${NONE}; var/lib/dpkg/status: it is no list of packages`)
    const fields = await verdict([debian, file('var/lib/dpkg/status', 'package: a\nversion: 1\n\nstatus:\n')])
    expect(fields).toBe(`${NONE}; var/lib/dpkg/status: 2 packages in it have no name, version or status`)
    const apk = await verdict([file('etc/os-release', ALPINE), file('lib/apk/db/installed', '\x00\x01')])
    expect(apk).toContain('it is no list of packages')
  })

  it.each([
    ['a folder', [link('var/lib/dpkg', '/opt/dpkg'), file('opt/dpkg/status', STATUS)]],
    ['a file', [link('var/lib/dpkg/status', '../../../opt/status'), file('opt/status', STATUS)]],
    ['a higher folder', [link('var', 'data'), file('data/lib/dpkg/status', STATUS)]],
    ['a circle', [link('var/lib', '/var/lib/x')]],
  ])('because it is behind a link: %s', async (_, entries) => {
    const said = await verdict([debian, ...entries])
    expect(said).toStartWith(GONE)
    expect(said).toContain('var/lib/dpkg/status is behind a symbolic link')
  })

  it('all the same where other packages are known', async () => {
    const npm = file('app/node_modules/a/package.json', '{"name":"a","version":"1.0.0"}')
    expect(await verdict([debian, npm])).toStartWith('partial: this is Debian 12')
    const linked = [status, link('var/lib/dpkg/status.d/more', '/opt/more')]
    expect(await verdict([debian, ...linked])).toStartWith('partial: var/lib/dpkg/status.d/more is behind')
  })
})

describe('packages whose distribution is not known', () => {
  it('because nothing says it, or it is another one', async () => {
    expect(await verdict([status, file('etc/debian_version', '12.1\n')])).toBe(
      'partial: there are packages of dpkg, and nothing says of which distribution they are',
    )
    expect(await verdict([debian, status, file('lib/apk/db/installed', INSTALLED)])).toBe(
      'partial: there are packages of apk, and this is Debian 12: nothing is known of them',
    )
  })

  it('because what said it was taken away; what came in its place counts', async () => {
    const { facts } = await contents([debian, status], [file('etc/.wh.os-release')])
    expect(facts.os).toBeUndefined()
    expect(facts.reasons.join()).toContain('nothing says of which distribution')
    const other = await contents([debian, status], [file('etc/.wh.os-release'), file('usr/lib/os-release', ALPINE)])
    expect(other.facts.os).toMatchObject({ id: 'alpine', versionId: '3.18.4' })
    const back = await contents([file('usr/lib/os-release', ALPINE), debian], [file('etc/.wh.os-release')])
    expect(back.facts.os).toMatchObject({ id: 'alpine' })
  })

  it('because it is behind a link, or too large to be what it is called', async () => {
    const elsewhere = [link('etc/os-release', '/opt/release'), file('opt/release', RELEASE), status]
    expect(await verdict(elsewhere)).toContain('etc/os-release is behind a symbolic link')
    const large = file('etc/os-release', RELEASE.padEnd(70_000, '#'))
    expect(await verdict([large, status])).toContain('etc/os-release: it is too large')
  })
})

describe('programs that nobody answers for', () => {
  it('beside a distribution: what lies outside of it', async () => {
    expect(await verdict([debian, status, program('usr/bin/a'), program('opt/a')])).toStartWith('partial: opt/a:')
    expect(await verdict([debian, status, file('opt/lib/libssl.so.1.1')])).toBe(
      'partial: of these programs nothing is known: opt/lib/libssl.so.1.1',
    )
    const library = file('app/node_modules/a/build/libvips.so.42')
    expect(await verdict([debian, status, library, link('opt/libssl.so', 'libssl.so.1')])).toBe('complete: ')
  })

  it('without one: all', async () => {
    const npm = file('app/node_modules/a/package.json', '{"name":"a","version":"1.0.0"}')
    expect(await verdict([npm, program('usr/bin/a'), file('usr/lib/libssl.so.3')])).toBe(
      'partial: of these programs nothing is known: usr/lib/libssl.so.3, usr/bin/a',
    )
    expect(await verdict([program('bin/busybox')])).toBe('unsupported: of these programs nothing is known: bin/busybox')
    expect(await verdict([npm, program('bin/a')], [file('bin/.wh.a')])).toBe('complete: ')
  })

  it('whatever name they have', async () => {
    const npm = file('app/node_modules/a/package.json', '{"name":"a","version":"1.0.0"}')
    const named: EntryToMake = { path: 'bin/b', type: '1', link: 'bin/a' }
    expect(await verdict([npm, program('bin/a'), named], [file('bin/.wh.a')])).toEndWith('nothing is known: bin/b')
  })
})

it('a layer that is no file system is a reason, whatever else there is', async () => {
  const { state, facts } = contentsOf({
    manifest: parseManifest(
      new TextEncoder().encode(
        JSON.stringify({
          schemaVersion: 2,
          config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(9), size: 1 },
          layers: [0, 1].map((n) => ({ mediaType: 'application/octet-stream', digest: digestOf(n), size: 1 })),
        }),
      ),
      undefined,
    ),
    layers: [
      { digest: digestOf(0), inventory: await walk(makeTar(debian, status), { analyzers }) },
      { digest: digestOf(1), inventory: await walk(Buffer.from('{"no":"tar"}'.repeat(100)), { analyzers }) },
    ],
    config: undefined,
  })
  expect(state).toBe('partial')
  expect(facts.reasons).not.toEqual([])
  expect(facts.layers).toHaveLength(2)
})
