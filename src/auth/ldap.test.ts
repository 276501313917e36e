import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authSchema, type LdapServerConfig } from '../config/sign-in.ts'
import type { Log } from '../observability/log.ts'
import { ldapProvider } from './ldap.ts'
import {
  firstRdnValue,
  groupsFromMemberOf,
  isAskable,
  isDisabled,
  searchValueOf,
  subjectOf,
  textsOf,
  UnusableAnswer,
} from './ldap-entry.ts'
import { Outage } from './ldap-outage.ts'
import { ldapSettings } from './ldap-settings.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-ldap-'))
  await writeFile(join(folder, 'password'), 'secret\n')
  await writeFile(join(folder, 'empty'), '\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const at = (file: string) => join(folder, file)

function configured(server: object): LdapServerConfig {
  const { ldap } = authSchema.parse({ ldap: { corp: { userBase: 'dc=example', ...server } } })
  if (ldap.corp === undefined) throw new Error('no such server')
  return ldap.corp
}

/** A log that keeps its messages. */
function keptLog(): { log: Log; messages: string[] } {
  const messages: string[] = []
  const keep = (message: string) => void messages.push(message)
  return { messages, log: { enabled: () => true, debug: keep, info: keep, warn: keep, error: keep } }
}

describe('isAskable', () => {
  it.each(['alice', 'Alice Doe', 'alice@example.test', 'CORP\\alice', '*)(uid=*', 'é', 'x'.repeat(256)])(
    '%p may be asked about',
    (username) => {
      expect(isAskable(username)).toBe(true)
    },
  )

  it.each(['', ' ', 'a\0b', 'a\nb', '\u007f', 'a\u0085', '\ud800', 'x'.repeat(257)])('%p may not', (username) => {
    expect(isAskable(username)).toBe(false)
  })
})

describe('firstRdnValue', () => {
  it.each([
    ['cn=devs,ou=groups,dc=example', 'devs'],
    ['CN = devs , OU=groups', 'devs'],
    ['cn=devs', 'devs'],
    ['cn=a\\, b,ou=groups', 'a, b'],
    ['cn=a\\2cb\\2Cc,ou=groups', 'a,b,c'],
    ['cn=caf\\C3\\A9,ou=groups', 'café'],
    ['cn=café,ou=groups', 'café'],
    ['cn=a\\+b+uid=7,ou=groups', 'a+b'],
    ['cn=a=b,ou=groups', 'a=b'],
    ['cn=\\ a\\ ,ou=groups', ' a '],
    ['cn=a b\\20 ,ou=groups', 'a b '],
    ['cn=back\\\\,ou=groups', 'back\\'],
    ['cn=\\"q\\" \\#1\\<\\>\\;,ou=groups', '"q" #1<>;'],
    ['cn=,ou=groups', ''],
    ['devs', ''],
    ['', ''],
  ])('of %p is %p', (dn, value) => {
    expect(firstRdnValue(dn)).toBe(value)
  })
})

describe('what an entry holds', () => {
  const guid = Buffer.from('00ff10a0c3a9000000000000deadbeef', 'hex')

  it('one value, several and none, whatever the case of the name', () => {
    const entry = { dn: 'uid=a', uid: 'a', Mail: ['one', 'two'], cn: [] }
    expect([textsOf(entry, 'UID'), textsOf(entry, 'mail'), textsOf(entry, 'cn'), textsOf(entry, 'sn')]).toEqual([
      ['a'],
      ['one', 'two'],
      [],
      [],
    ])
  })

  it('the DN is no attribute', () => {
    expect(subjectOf({ dn: 'uid=a' }, 'dn')).toBeUndefined()
  })

  it('a subject of text is itself, one of bytes hexadecimal, and both can be searched for', () => {
    expect(subjectOf({ dn: 'uid=a', entryUUID: 'u-1' }, 'entryUUID')).toBe('u-1')
    expect(searchValueOf('u-1', 'entryUUID')).toBe('u-1')
    expect(subjectOf({ dn: 'uid=a', objectGUID: guid }, 'objectguid')).toBe(guid.toString('hex'))
    expect(searchValueOf(guid.toString('hex'), 'objectGUID')).toEqual(guid)
  })

  it('there is no subject where it is missing, empty or not of the kind it should be', () => {
    expect(subjectOf({ dn: 'uid=a', entryUUID: [] }, 'entryUUID')).toBeUndefined()
    expect(subjectOf({ dn: 'uid=a', entryUUID: '' }, 'entryUUID')).toBeUndefined()
    expect(subjectOf({ dn: 'uid=a', entryUUID: guid }, 'entryUUID')).toBeUndefined()
    expect(subjectOf({ dn: 'uid=a', objectGUID: 'text' }, 'objectGUID')).toBeUndefined()
    expect(searchValueOf('', 'entryUUID')).toBeUndefined()
    expect(searchValueOf('zz', 'objectGUID')).toBeUndefined()
    expect(searchValueOf('abc', 'objectGUID')).toBeUndefined()
  })

  it.each([
    ['514', true],
    ['66050', true],
    ['512', false],
    ['66048', false],
    ['', false],
  ])('userAccountControl %p: disabled %p', (userAccountControl, disabled) => {
    expect(isDisabled({ dn: 'cn=a', userAccountControl })).toBe(disabled)
  })

  it('groups have the name of their first part, each once', () => {
    const memberOf = ['cn=devs,ou=groups', 'cn=devs,ou=others', 'cn=ops,ou=groups', '']
    expect(groupsFromMemberOf({ dn: 'uid=a', memberOf })).toEqual(['devs', 'ops'])
    expect(groupsFromMemberOf({ dn: 'uid=a', memberOf: [] })).toEqual([])
  })

  it('a part of the groups is no list of groups', () => {
    const entry = { dn: 'uid=a', memberOf: [], 'memberOf;range=0-1499': ['cn=devs,ou=groups'] }
    expect(() => groupsFromMemberOf(entry)).toThrow(UnusableAnswer)
  })
})

describe('ldapSettings', () => {
  it('knows the ports', () => {
    const port = (url: string) => ldapSettings(configured({ url, insecure: true })).port
    expect([port('ldap://h'), port('ldaps://h'), port('ldap://h:3890'), port('ldaps://[::1]:7')]).toEqual([
      389, 636, 3890, 7,
    ])
  })

  it('an address in brackets is used without them, and is no server name', () => {
    const { host, tls } = ldapSettings(configured({ url: 'ldaps://[::1]' }))
    expect([host, tls.servername]).toEqual(['::1', undefined])
    expect(ldapSettings(configured({ url: 'ldaps://ldap.example' })).tls.servername).toBe('ldap.example')
  })

  it('always verifies the certificate, even where insecure is set', () => {
    expect(ldapSettings(configured({ url: 'ldaps://h', insecure: true })).tls.rejectUnauthorized).toBe(true)
  })

  it('looks people up as nobody without bindDn', () => {
    const { bindDn, bindPassword } = ldapSettings(configured({ url: 'ldaps://h' }))
    expect([bindDn, bindPassword]).toEqual(['', ''])
  })

  it.each(['ldap://h', 'ldap://localhost', 'ldap://127.0.0.1:3890'])('%s needs encryption', (url) => {
    expect(() => ldapSettings(configured({ url }))).toThrow(/ldaps:\/\/ url or set startTls/)
  })

  it('refuses StartTLS over TLS', () => {
    expect(() => ldapSettings(configured({ url: 'ldaps://h', startTls: true }))).toThrow(/startTls is for ldap:/)
  })

  it.each([
    ['bindDn alone', { bindDn: 'cn=reader' }],
    ['a password alone', { bindPasswordFile: 'password' }],
    ['an empty bindDn', { bindDn: '', bindPasswordFile: 'password' }],
  ])('refuses %s', (_, bind) => {
    expect(() => ldapSettings(configured({ url: 'ldaps://h', ...bind }))).toThrow(/belong together/)
  })

  it.each(['', 'objectClass=person', '(a=b)(c=d)', '(a=b))(', '(&(a=b)', '(a=b))'])(
    'refuses the filter %p',
    (filter) => {
      expect(() => ldapSettings(configured({ url: 'ldaps://h', userFilter: filter }))).toThrow(/is no LDAP filter/)
    },
  )

  it('takes filters with filters in them', () => {
    const userFilter = '(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))'
    expect(ldapSettings(configured({ url: 'ldaps://h', userFilter })).host).toBe('h')
  })
})

describe('ldapProvider', () => {
  const { log } = keptLog()
  const provider = (server: object) => ldapProvider({ name: 'corp', config: configured(server), log })

  it('names itself and the file that is missing, empty or no certificate', () => {
    const bind = (file: string) => provider({ url: 'ldaps://h', bindDn: 'cn=reader', bindPasswordFile: at(file) })
    expect(() => bind('missing')).toThrow(/^LDAP provider "corp": .*missing/)
    expect(() => bind('empty')).toThrow(/^LDAP provider "corp": .*empty/)
    expect(() => provider({ url: 'ldaps://h', ca: at('missing') })).toThrow(/^LDAP provider "corp": .*missing/)
    expect(() => provider({ url: 'ldaps://h', ca: at('password') })).toThrow(/^LDAP provider "corp": ca file .*PEM/)
    expect(bind('password').name).toBe('corp')
  })

  it('asks nobody about names and passwords that cannot be right', async () => {
    // Nothing listens at port 1: whoever asks fails.
    const unreachable = provider({ url: 'ldap://127.0.0.1:1', insecure: true })
    expect(await unreachable.verify('alice', '')).toBeUndefined()
    expect(await unreachable.verify('', 'password')).toBeUndefined()
    expect(await unreachable.verify('a\0b', 'password')).toBeUndefined()
    expect(await unreachable.refresh('')).toBeUndefined()
    await expect(unreachable.verify('alice', 'password')).rejects.toThrow('LDAP provider "corp" cannot be asked')
  })
})

describe('Outage', () => {
  function watched() {
    const clock = { now: 0 }
    const { log, messages } = keptLog()
    const outage = new Outage({ what: 'the server', log, now: () => clock.now })
    let asked = 0
    const ask = (error?: Error) =>
      outage.watch(
        async () => {
          asked++
          if (error !== undefined) throw error
        },
        (thrown) => thrown instanceof RangeError,
      )
    return { clock, messages, ask, asked: () => asked }
  }

  it('asks again only after five seconds, and says once that it is down and once that it is up', async () => {
    const { clock, messages, ask, asked } = watched()
    await ask()
    await expect(ask(new Error('refused'))).rejects.toThrow('refused')
    clock.now = 4999
    await expect(ask()).rejects.toThrow('the server could not be reached a moment ago')
    expect(asked()).toBe(2)
    clock.now = 5000
    await expect(ask(new Error('refused again'))).rejects.toThrow('refused again')
    clock.now = 9999
    await expect(ask()).rejects.toThrow('a moment ago')
    clock.now = 10_000
    await ask()
    await ask()
    expect(asked()).toBe(5)
    expect(messages).toEqual(['the server cannot be reached', 'the server is reachable again'])
  })

  it('lets one try while the others do not wait', async () => {
    const { clock, ask, asked } = watched()
    await expect(ask(new Error('refused'))).rejects.toThrow('refused')
    clock.now = 5000
    const [first, second] = await Promise.allSettled([ask(new Error('refused')), ask()])
    expect([first.status, second.status, asked()]).toEqual(['rejected', 'rejected', 2])
  })

  it('a server that says no is not down', async () => {
    const { messages, ask } = watched()
    await expect(ask(new RangeError('no'))).rejects.toThrow('no')
    await ask()
    expect(messages).toEqual([])
  })
})
