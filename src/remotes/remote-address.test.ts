import { describe, expect, it } from 'bun:test'
import { parseAuthorities, parseCredentials } from './credentials.ts'
import { PRESETS } from './presets.ts'
import { parseRemoteName, parseRemoteUrl, parseTrustedHosts } from './remote-address.ts'

describe('the name of a remote', () => {
  it.each(['docker.io', 'backup-site', 'a', '5', `${'x'.repeat(255)}`])('may be %s', (name) => {
    expect(parseRemoteName(name)).toBe(name)
  })
  it.each(['', 'A', 'a b', 'a/b', '-a', 'a-', '.a', 'a.', 'a:5000', 'ä', 'x'.repeat(256), 'a\n'])(
    'may not be %j',
    (name) => {
      expect(() => parseRemoteName(name)).toThrow(/the name of a remote/)
    },
  )
})

describe('the address of a remote', () => {
  it.each([
    ['https://Registry.Example', 'https://registry.example'],
    ['https://registry.example:443/', 'https://registry.example'],
    ['https://registry.example:5000/a/b//', 'https://registry.example:5000/a/b'],
    ['http://localhost:5000', 'http://localhost:5000'],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:5000'],
    ['http://[::1]:5000', 'http://[::1]:5000'],
  ])('%s is %s', (text, url) => {
    expect(parseRemoteUrl(text, false)).toBe(url)
  })

  it.each([
    ['registry.example', /is a URL/],
    ['ftp://registry.example', /is a URL/],
    ['file:///etc/passwd', /is a URL/],
    ['javascript:alert(1)', /is a URL/],
    [`https://registry.example/${'x'.repeat(500)}`, /is a URL/],
    ['https://ann:canary@registry.example', /said apart/],
    ['https://ann@registry.example', /said apart/],
    ['https://registry.example/?a=canary', /neither/],
    ['https://registry.example/#canary', /neither/],
    ['https://registry.example?', /neither/],
    ['https://registry.example/v2/', /without \/v2/],
    ['http://registry.example', /unencrypted/],
    ['http://10.0.0.1', /unencrypted/],
    ['http://127.0.0.1.example', /unencrypted/],
  ])('%s is refused, and not repeated', (text, why) => {
    expect(() => parseRemoteUrl(text, false)).toThrow(why)
    try {
      parseRemoteUrl(text, false)
    } catch (error) {
      expect(String(error)).not.toContain('canary')
    }
  })

  it('may be plain HTTP where somebody said so', () => {
    expect(parseRemoteUrl('http://registry.example:5000', true)).toBe('http://registry.example:5000')
  })

  it('is a sound one in every preset', () => {
    for (const [name, { url, trustedHosts }] of Object.entries(PRESETS)) {
      expect(parseRemoteName(name)).toBe(name)
      expect(parseRemoteUrl(url, false)).toBe(url)
      expect(parseTrustedHosts(trustedHosts)).toEqual([...trustedHosts])
    }
  })
})

describe('trusted hosts', () => {
  it('are hosts, each once', () => {
    expect(parseTrustedHosts(['Auth.Docker.io', 'auth.docker.io', 'a.example:444'])).toEqual([
      'a.example:444',
      'auth.docker.io',
    ])
  })
  it.each(['https://a.example', 'a.example/x', '*.example', '', 'a b', '.example', 'ann@a.example'])(
    'are not %j',
    (host) => {
      expect(() => parseTrustedHosts([host])).toThrow(/not a host/)
    },
  )
})

describe('credentials', () => {
  const seal = (password: string) => `sealed(${password})`
  it('are stored sealed, or as the path of a file', () => {
    expect(parseCredentials({ username: 'ann', password: '{\n"key": 1 }' }, seal)).toEqual({
      ...{ username: 'ann', sealedPassword: 'sealed({\n"key": 1 })', passwordFile: undefined },
    })
    expect(parseCredentials({ username: 'ann', passwordFile: '/run/secrets/x' }, seal)).toEqual({
      ...{ username: 'ann', sealedPassword: undefined, passwordFile: '/run/secrets/x' },
    })
  })
  it.each([
    [{ username: '', password: 'x' }, /user name/],
    [{ username: 'a:b', password: 'x' }, /user name/],
    [{ username: 'a\nb', password: 'x' }, /user name/],
    [{ username: 'a', password: '' }, /not empty/],
    [{ username: 'a', password: 'x'.repeat(16_385) }, /at most/],
    [{ username: 'a', password: 'x\0' }, /not empty/],
    [{ username: 'a', passwordFile: 'relative' }, /begins with/],
  ])('%j are refused', (credentials, why) => {
    expect(() => parseCredentials(credentials, seal)).toThrow(why)
  })
})

describe('authorities', () => {
  it('are certificates', () => {
    for (const text of ['', 'none', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])
      expect(() => parseAuthorities(text)).toThrow(/certificates in PEM/)
  })
})
