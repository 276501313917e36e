import { describe, expect, it } from 'bun:test'
import { endOfLife } from './end-of-life.ts'
import { advisoryKeyOf, isSupportedOs } from './ecosystem.ts'
import { baseEcosystem, canonicalEcosystem, canonicalName } from './ecosystem-name.ts'
import type { OsRelease, Package } from './package.ts'

const os = (id: string, versionId: string, more: Partial<OsRelease> = {}): OsRelease => ({ id, versionId, ...more })
const pkg = (type: Package['type'], name: string, version: string, more: Partial<Package> = {}): Package => ({
  ...{ type, name, version },
  ...more,
})
function keyOf(from: Package, of?: OsRelease): string | undefined {
  const key = advisoryKeyOf(from, of)
  return key === undefined ? undefined : `${key.ecosystem} ${key.name} ${key.version}`
}

describe('under which name advisories speak of a package', () => {
  it('Debian and Ubuntu: by source, without the number of a rebuild', () => {
    const bash = pkg('deb', 'bash', '5.2.15-2+b2', { source: { name: 'bash', version: '5.2.15-2' } })
    const libc = pkg('deb', 'libc6', '2.36-9', { source: { name: 'glibc', version: '2.36-9' } })
    expect(keyOf(bash, os('debian', '12'))).toBe('Debian:12 bash 5.2.15-2')
    expect(keyOf(libc, os('debian', '12.4'))).toBe('Debian:12 glibc 2.36-9')
    expect(keyOf(libc, os('ubuntu', '22.04'))).toBe('Ubuntu:22.04 glibc 2.36-9')
    expect(keyOf(pkg('deb', 'x', '1-1+b3'), os('debian', '12'))).toBe('Debian:12 x 1-1')
    const kernel = { source: { name: 'linux-signed-amd64', version: '6.1.55+1' } }
    expect(keyOf(pkg('deb', 'linux-image-amd64', '6.1.55-1', kernel), os('debian', '12'))).toBe(
      'Debian:12 linux 6.1.55',
    )
  })

  it('Debian without a release, and those who only are like it: nobody', () => {
    expect(keyOf(pkg('deb', 'bash', '5'), os('debian', ''))).toBeUndefined()
    expect(keyOf(pkg('deb', 'bash', '5'), os('raspbian', '12', { idLike: ['debian'] }))).toBeUndefined()
    expect(keyOf(pkg('deb', 'bash', '5'), undefined)).toBeUndefined()
    expect(keyOf(pkg('deb', 'bash', '5'), os('alpine', '3.18.4'))).toBeUndefined()
    expect([os('debian', ''), os('fedora', '40'), os('amzn', '2'), os('', '')].map(isSupportedOs)).not.toContain(true)
  })

  it('Alpine: by origin, of the branch its packages come from', () => {
    const ssl = pkg('apk', 'libssl3', '3.1.0-r0', { source: { name: 'openssl', version: '3.1.0-r0' } })
    expect(keyOf(ssl, os('alpine', '3.18.4'))).toBe('Alpine:v3.18 openssl 3.1.0-r0')
    expect(keyOf(ssl, os('alpine', '3.18.4', { apkBranch: 'v3.17' }))).toBe('Alpine:v3.17 openssl 3.1.0-r0')
    expect(keyOf(ssl, os('alpine', '3.18.4', { apkBranch: 'edge' }))).toBe('Alpine:edge openssl 3.1.0-r0')
    expect(keyOf(ssl, os('wolfi', '20230201'))).toBe('Wolfi openssl 3.1.0-r0')
  })

  it('rpm: by name where advisories list every package, by source elsewhere, with the epoch', () => {
    const libs = pkg('rpm', 'openssl-libs', '1:3.0.7-6.el9', { source: { name: 'openssl', version: '3.0.7-6.el9' } })
    expect(keyOf(libs, os('rhel', '9.2'))).toBe('Red Hat:9 openssl-libs 1:3.0.7-6.el9')
    expect(keyOf(libs, os('almalinux', '9.2'))).toBe('AlmaLinux:9 openssl-libs 1:3.0.7-6.el9')
    expect(keyOf(libs, os('rocky', '9.2'))).toBe('Rocky Linux:9 openssl 1:3.0.7-6.el9')
    expect(keyOf(libs, os('sles', '15.5'))).toBe('SUSE:15.5 openssl 1:3.0.7-6.el9')
    expect(keyOf(libs, os('opensuse-leap', '15.5'))).toBe('openSUSE:Leap 15.5 openssl 1:3.0.7-6.el9')
    expect(keyOf(libs, os('centos', '7'))).toBe('Red Hat:7 openssl-libs 1:3.0.7-6.el9')
    expect(isSupportedOs(os('centos', '9', { prettyName: 'CentOS Stream 9' }))).toBe(false)
  })

  it('languages, whatever the distribution', () => {
    expect(keyOf(pkg('npm', '@scope/name', '1.0.0'), os('fedora', '40'))).toBe('npm @scope/name 1.0.0')
    expect(keyOf(pkg('pypi', 'Zope.Interface_x', '1.0'))).toBe('PyPI zope-interface-x 1.0')
    expect(keyOf(pkg('golang', 'github.com/o/m', 'v1.2.3+incompatible'))).toBe('Go github.com/o/m 1.2.3')
    expect(keyOf(pkg('golang', 'example.com/main', '(devel)'))).toBe('Go example.com/main (devel)')
    expect(keyOf(pkg('cargo', 'time', '0.1.0'))).toBe('crates.io time 0.1.0')
    expect(keyOf(pkg('maven', 'org.a:b', '1'))).toBe('Maven org.a:b 1')
    expect(keyOf(pkg('gem', 'rails', '7.0'))).toBe('RubyGems rails 7.0')
    expect(keyOf(pkg('nuget', 'Newtonsoft.Json', '12.0.1'))).toBe('NuGet newtonsoft.json 12.0.1')
    expect(keyOf(pkg('composer', 'Symfony/Symfony', 'v4.4'))).toBe('Packagist symfony/symfony v4.4')
  })

  it('Go’s standard library: its releases as semantic versions', () => {
    const versions = ['go1.20.3', 'v1.20.3', '1.21', 'go1.21rc2', 'go1.22.1 X:boringcrypto', 'devel go1.23-abc']
    expect(versions.map((version) => keyOf(pkg('golang', 'stdlib', version))?.split(' ')[2])).toEqual([
      ...['1.20.3', '1.20.3', '1.21.0', '1.21.0-rc.2', '1.22.1', 'devel'],
    ])
  })
})

describe('names of ecosystems', () => {
  it('that mean one thing are one', () => {
    const same = {
      'Ubuntu:22.04:LTS': 'Ubuntu:22.04',
      'Ubuntu:23.10': 'Ubuntu:23.10',
      'Ubuntu:Pro:18.04:LTS': 'Ubuntu:Pro:18.04',
      'Red Hat:enterprise_linux:9::appstream': 'Red Hat:9',
      'Red Hat:rhel_eus:9.2::baseos': 'Red Hat:rhel_eus:9.2::baseos',
      'SUSE:Linux Enterprise Module for Basesystem 15 SP5': 'SUSE:15.5',
      'SUSE:Linux Enterprise Server 15 SP5-LTSS': 'SUSE:Linux Enterprise Server 15 SP5-LTSS',
      'SUSE:Linux Enterprise Micro 5.5': 'SUSE:Micro 5.5',
      'openSUSE:Leap 15.5': 'openSUSE:Leap 15.5',
      'Debian:12': 'Debian:12',
      npm: 'npm',
    }
    expect(Object.fromEntries(Object.keys(same).map((name) => [name, canonicalEcosystem(name)]))).toEqual(same)
    expect(baseEcosystem('Red Hat:9')).toBe('Red Hat')
    expect(canonicalName('npm', 'A_b')).toBe('A_b')
  })
})

describe('the end of life', () => {
  it('is the day after the last one', () => {
    expect(endOfLife(os('debian', '10'))?.toISOString()).toBe('2024-07-01T00:00:00.000Z')
    expect(endOfLife(os('alpine', '3.11.6'))?.toISOString()).toBe('2021-11-02T00:00:00.000Z')
    expect(endOfLife(os('alpine', '3.18.6', { apkBranch: 'edge' }))).toBeUndefined()
    expect(endOfLife(os('ubuntu', '18.04'))?.getUTCFullYear()).toBe(2023)
    expect(endOfLife(os('rhel', '9.3'))?.getUTCFullYear()).toBe(2032)
    expect(['constructor', '__proto__', 'nixos'].map((id) => endOfLife(os(id, 'constructor')))).toEqual([
      ...[undefined, undefined, undefined],
    ])
  })
})
