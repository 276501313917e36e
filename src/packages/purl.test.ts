import { describe, expect, it } from 'bun:test'
import type { Package } from './package.ts'
import { findPackageOfPurl, purlOf } from './package-purl.ts'
import { findPurl, formatPurl, parsePurl } from './purl.ts'

const DEBIAN = { id: 'debian', versionId: '12' }

/** Each is written so, and read back as it was. */
const PACKAGES: readonly (readonly [string, Package])[] = [
  ['pkg:npm/%40scope/name@1.0.0-rc.1%2Bb', { type: 'npm', name: '@scope/name', version: '1.0.0-rc.1+b' }],
  [
    'pkg:golang/github.com/BurntSushi/toml@v1.2.3',
    { type: 'golang', name: 'github.com/BurntSushi/toml', version: 'v1.2.3' },
  ],
  ['pkg:maven/org.apache/log4j@2.0', { type: 'maven', name: 'org.apache:log4j', version: '2.0' }],
  ['pkg:composer/symfony/http@v4', { type: 'composer', name: 'symfony/http', version: 'v4' }],
  ['pkg:cargo/time@0.1', { type: 'cargo', name: 'time', version: '0.1' }],
  ['pkg:gem/rails@7', { type: 'gem', name: 'rails', version: '7' }],
  ['pkg:nuget/Newtonsoft.Json@12', { type: 'nuget', name: 'Newtonsoft.Json', version: '12' }],
  ['pkg:pypi/zope.interface@1', { type: 'pypi', name: 'zope.interface', version: '1' }],
]

describe('package URLs', () => {
  for (const [purl, pkg] of PACKAGES)
    it(purl, () => {
      expect(purlOf(pkg)).toBe(purl)
      expect(findPackageOfPurl(purl)).toEqual(pkg)
    })

  it('of a distribution say which, and from which source', () => {
    const libc: Package = {
      ...{ type: 'deb', name: 'libc6', version: '2.36-9+deb12u3', arch: 'amd64' },
      source: { name: 'glibc', version: '2.36-9' },
    }
    const purl = purlOf(libc, DEBIAN)
    expect(purl).toBe('pkg:deb/debian/libc6@2.36-9%2Bdeb12u3?arch=amd64&distro=debian-12&upstream=glibc%402.36-9')
    expect(findPackageOfPurl(purl)).toEqual({ ...libc, qualifiers: { distro: 'debian-12' } })
  })

  it('of an rpm have their epoch apart', () => {
    const pkg: Package = { type: 'rpm', name: 'openssl', version: '1:3.0-1.el9', arch: 'x86_64' }
    const purl = purlOf(pkg, { id: 'rhel', versionId: '9.2' })
    expect(purl).toBe('pkg:rpm/redhat/openssl@3.0-1.el9?arch=x86_64&distro=rhel-9.2&epoch=1')
    expect(findPackageOfPurl(purl)?.version).toBe('1:3.0-1.el9')
  })

  it('are read as the specification says, however they are written', () => {
    expect(parsePurl('PKG:NPM/@scope/name@1.0')).toEqual({
      ...{ type: 'npm', namespace: '@scope', name: 'name', version: '1.0', qualifiers: {} },
    })
    expect(parsePurl('pkg:deb/Debian/Curl@7?ARCH=i386&empty=&distro=jessie#/a/../b//c/')).toEqual({
      ...{ type: 'deb', namespace: 'debian', name: 'curl', version: '7', subpath: 'a/b/c' },
      qualifiers: { arch: 'i386', distro: 'jessie' },
    })
    expect(parsePurl('pkg:pypi/Django_REST')).toEqual({ type: 'pypi', name: 'django-rest', qualifiers: {} })
    expect(formatPurl({ type: 'generic', name: "a'(b)*:c/d", version: '1:2', qualifiers: {} })).toBe(
      'pkg:generic/a%27%28b%29%2A:c%2Fd@1:2',
    )
  })

  it('that are none are refused, and nothing of them gets into objects', () => {
    const wrong = ['', 'npm/a', 'pkg:', 'pkg:npm', 'pkg:npm/', 'pkg:/a', 'pkg:1x/a', 'pkg:npm/%zz', 'pkg:npm/%ff']
    expect(wrong.map(findPurl)).toEqual(wrong.map(() => undefined))
    expect(() => parsePurl('pkg:npm')).toThrow('is not a package URL')
    expect(findPurl(`pkg:npm/${'a'.repeat(9000)}`)).toBeUndefined()
    expect(findPackageOfPurl('pkg:generic/a@1')).toBeUndefined()
    const { qualifiers } = parsePurl('pkg:npm/a?__proto__=x&constructor=y')
    expect(Object.keys(qualifiers)).toEqual(['constructor'])
    expect(purlOf({ type: 'npm', name: 'a\ud800', version: '' })).toBe('pkg:npm/a%EF%BF%BD')
  })
})
