import { afterAll, describe, expect, it } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LayerInventory } from '../../src/inventory/layer-inventory.ts'
import { mergeLayers } from '../../src/inventory/merge.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import type { OsRelease } from '../../src/packages/package.ts'
import { layerFile, layerOf, read, readerWith, verdict } from './support/layer-reader.ts'
import { makeTar } from './support/make-tar.ts'
import {
  DATA,
  debianFolder,
  debianLayer,
  hasProgram,
  referencePackages,
  rpmRoot,
  rpmSays,
  run,
} from './support/real-content.ts'
import { ndbOf, rpmHeaders, writeBerkeleyDb } from './support/rpm-databases.ts'

const folder = await mkdtemp(join(tmpdir(), 'berth-real-content-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

function osOf(inventory: LayerInventory): OsRelease | undefined {
  return mergeLayers([{ digest: parseDigest(`sha256:${'0'.repeat(64)}`), inventory }]).os
}

function packagesOf({ packageFiles }: LayerInventory) {
  return packageFiles.flatMap(({ packages }) => packages)
}

describe.skipIf(!hasProgram('debootstrap'))('Debian by debootstrap (skipped without debootstrap)', () => {
  it(
    'has the packages that the reference finds: names, versions, sources',
    async () => {
      const found = await read(readerWith(), layerFile(debianLayer()))
      expect(verdict(found)).toEqual({ state: 'complete', reasons: [] })
      expect(osOf(found)).toMatchObject({ id: 'debian', versionId: '12' })
      const ours = packagesOf(found).map(
        ({ name, version, arch, source }) => `${name} ${version} ${arch} ${source?.name}`,
      )
      expect(ours.length).toBeGreaterThan(80)
      expect(ours.sort()).toEqual(referencePackages(debianFolder()).sort())
    },
    { timeout: 300_000 },
  )

  it('has the files that tar lists', async () => {
    const { files } = await read(readerWith(), layerFile(debianLayer()))
    const listed = run('tar', '-tzf', debianLayer()).trim().split('\n')
    const names = listed.map((name) => name.replace(/^\.\//, '').replace(/\/$/, '')).filter((name) => name !== '')
    expect(files.map(({ path }) => path).sort()).toEqual(names.sort())
  })
})

const ALPINE: Readonly<Record<string, { readonly os: OsRelease; readonly packages: readonly string[] }>> = {
  'alpine-310': {
    os: { id: 'alpine', versionId: '3.10.4', prettyName: 'Alpine Linux v3.10', apkBranch: 'v3.10' },
    packages: [
      ...['alpine-baselayout 3.1.2-r0 alpine-baselayout', 'alpine-keys 2.1-r2 alpine-keys'],
      ...['apk-tools 2.10.4-r2 apk-tools', 'busybox 1.30.1-r3 busybox'],
      ...['ca-certificates-cacert 20190108-r0 ca-certificates', 'libc-utils 0.7.1-r0 libc-dev'],
      ...[
        'libcrypto1.1 1.1.1d-r2 openssl',
        'libssl1.1 1.1.1d-r2 openssl',
        'libtls-standalone 2.9.1-r0 libtls-standalone',
      ],
      ...['musl 1.1.22-r3 musl', 'musl-utils 1.1.22-r3 musl', 'scanelf 1.2.3-r0 pax-utils'],
      ...['ssl_client 1.30.1-r3 busybox', 'zlib 1.2.11-r1 zlib'],
    ],
  },
  'alpine-311': {
    os: { id: 'alpine', versionId: '3.11.5', prettyName: 'Alpine Linux v3.11', apkBranch: 'v3.11' },
    packages: [
      ...['alpine-baselayout 3.2.0-r3 alpine-baselayout', 'alpine-keys 2.1-r2 alpine-keys'],
      ...['apk-tools 2.10.4-r3 apk-tools', 'busybox 1.31.1-r9 busybox'],
      ...['ca-certificates-cacert 20191127-r1 ca-certificates', 'libc-utils 0.7.2-r0 libc-dev'],
      ...[
        'libcrypto1.1 1.1.1d-r3 openssl',
        'libssl1.1 1.1.1d-r3 openssl',
        'libtls-standalone 2.9.1-r0 libtls-standalone',
      ],
      ...['musl 1.1.24-r2 musl', 'musl-utils 1.1.24-r2 musl', 'scanelf 1.2.4-r0 pax-utils'],
      ...['ssl_client 1.31.1-r9 busybox', 'zlib 1.2.11-r3 zlib'],
    ],
  },
}

describe.skipIf(!existsSync(join(DATA, 'images')))(
  'Alpine as it was released (skipped without shared/data/images)',
  () => {
    for (const [name, expected] of Object.entries(ALPINE)) {
      it(name, async () => {
        const archive = join(DATA, 'images', `${name}.tar.gz`)
        const layers = run('tar', '-tzf', archive)
          .split('\n')
          .filter((path) => path.endsWith('/layer.tar'))
        expect(layers).toHaveLength(1)
        run('tar', '-xzf', archive, '-C', folder, ...layers)
        const found = await read(readerWith(), layerFile(join(folder, layers[0] ?? '')))
        expect(verdict(found)).toEqual({ state: 'complete', reasons: [] })
        expect(osOf(found)).toEqual(expected.os)
        const packages = packagesOf(found).map((each) => `${each.name} ${each.version} ${each.source?.name}`)
        expect(packages.sort()).toEqual([...expected.packages])
      })
    }
  },
)

const hasRpm = hasProgram('rpmbuild') && hasProgram('rpm')

describe.skipIf(!hasRpm)('databases of rpm (skipped without rpm)', () => {
  const root = hasRpm ? rpmRoot(folder) : ''
  const says = hasRpm ? rpmSays(root) : []

  async function found(path: string, content: Uint8Array): Promise<LayerInventory> {
    return read(readerWith(), layerOf(Uint8Array.from(makeTar({ path, content }))))
  }

  /** In the words of rpm's own query. */
  function inItsWords(inventory: LayerInventory): string[] {
    return packagesOf(inventory)
      .map(({ name, version, arch, source, licenses, qualifiers }) => {
        const plain = source?.version.replace(/^\d+:/, '')
        const full = version.includes(':') ? version : `0:${version}`
        const [license = ''] = licenses ?? []
        return `${name} ${full} ${arch} ${source?.name}-${plain}.src.rpm ${license} ${qualifiers?.modularitylabel ?? '(none)'}`
      })
      .sort()
  }

  it('sqlite, made by rpm itself', async () => {
    expect(says).toHaveLength(41)
    const database = await Bun.file(join(root, 'var/lib/rpm/rpmdb.sqlite')).bytes()
    const inventory = await found('var/lib/rpm/rpmdb.sqlite', database)
    expect(verdict(inventory)).toEqual({ state: 'complete', reasons: [] })
    expect(inItsWords(inventory)).toEqual(says)
  })

  it('a log beside it that is not empty is said', async () => {
    const inventory = await found('usr/lib/sysimage/rpm/rpmdb.sqlite-wal', Buffer.from('x'))
    expect(inventory.state).toBe('partial')
  })

  it.skipIf(!hasProgram('db5.3_load'))('Berkeley DB, made by Berkeley DB itself, and read by rpm too', async () => {
    const old = join(folder, 'old/var/lib/rpm')
    run('mkdir', '-p', old)
    writeBerkeleyDb(rpmHeaders(root), join(old, 'Packages'))
    expect(rpmSays(join(folder, 'old'), '--define', '_db_backend bdb_ro')).toEqual(says)
    const inventory = await found('var/lib/rpm/Packages', await Bun.file(join(old, 'Packages')).bytes())
    expect(verdict(inventory)).toEqual({ state: 'complete', reasons: [] })
    expect(inItsWords(inventory)).toEqual(says)
  })

  it('ndb, made by this test after the sources of rpm, for no Debian package writes it', async () => {
    const inventory = await found('usr/lib/sysimage/rpm/Packages.db', ndbOf(rpmHeaders(root)))
    expect(verdict(inventory)).toEqual({ state: 'complete', reasons: [] })
    expect(inItsWords(inventory)).toEqual(says)
  })
})
