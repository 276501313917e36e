import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { type LdapProvider, ldapProvider } from '../../src/auth/ldap.ts'
import { withConnection } from '../../src/auth/ldap-connection.ts'
import { ldapSettings } from '../../src/auth/ldap-settings.ts'
import { authSchema, type LdapServerConfig } from '../../src/config/sign-in.ts'
import { createLog, describeError } from '../../src/observability/log.ts'
import { BASE, GROUPS, group, hasSlapd, PEOPLE, person, READER, type Slapd, startSlapd } from '../support/slapd.ts'
import { makeCertificate } from './support/certificates.ts'
import { until, untilTrue, within } from './support/until.ts'

setDefaultTimeout(30_000)

/** Fails instead of passing silently where everything must be there. */
const canRun = hasSlapd || process.env.CI !== undefined

let slapd: Slapd
const servers: Server[] = []
const lines: string[] = []

/** Plain LDAP, memberOf and READER unless said otherwise. */
function configured(server: object): LdapServerConfig {
  const defaults = { url: slapd.url, insecure: true, userBase: PEOPLE, bindDn: READER.dn }
  const { ldap } = authSchema.parse({
    ldap: { corp: { ...defaults, bindPasswordFile: slapd.readerPasswordFile, ...server } },
  })
  if (ldap.corp === undefined) throw new Error('no such server')
  return ldap.corp
}

function provider(server: object = {}): LdapProvider {
  const log = createLog({ level: 'debug', now: () => new Date(), write: (line) => void lines.push(line) })
  return ldapProvider({ name: 'corp', config: configured(server), log })
}

async function groupsOf(ldap: LdapProvider, name: string): Promise<string[] | undefined> {
  const identity = await ldap.verify(name, `${name}pw`)
  return identity?.groups?.toSorted()
}

/** What the log says about why somebody could not be asked. */
async function failure(ldap: LdapProvider, username = 'alice', password = 'alicepw'): Promise<string> {
  try {
    return `vouched for ${JSON.stringify(await ldap.verify(username, password))}`
  } catch (error) {
    return JSON.stringify(describeError(error))
  }
}

/** A server that does with connections what it is told. */
async function serverThat(handle: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    handle(socket)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Stands between us and the directory, and may change what the directory says first. */
function between(change: (first: Buffer) => Buffer): Promise<string> {
  return serverThat((ours) => {
    const theirs = connect(slapd.port, '127.0.0.1')
    theirs.on('error', () => ours.destroy())
    theirs.once('data', (first) => {
      ours.write(change(Buffer.from(first)))
      theirs.pipe(ours)
    })
    ours.pipe(theirs)
  })
}

describe.skipIf(!canRun)('LDAP (needs slapd)', () => {
  beforeAll(async () => {
    slapd = await startSlapd()
  })
  afterAll(async () => {
    for (const server of servers) server.close()
    await slapd?.close()
  })

  describe('a name and a password', () => {
    test('the right ones are vouched for, with what the directory knows', async () => {
      const identity = await provider({ trustEmail: true }).verify('alice', 'alicepw')
      expect(identity).toEqual({
        provider: 'corp',
        subject: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'alice',
        email: 'alice@example.test',
        groups: expect.arrayContaining(['devs', 'pushers']),
      })
    })

    test.each([
      ['a wrong password', 'alice', 'wrong'],
      ['somebody else’s password', 'alice', 'bobpw'],
      ['the password in another case', 'alice', 'ALICEPW'],
      ['an unknown name', 'nobody', 'alicepw'],
      ['a name outside userBase', 'reader', READER.password],
      ['a star', '*', 'alicepw'],
      ['the beginning of a name', 'ali*', 'alicepw'],
      ['an injected filter', '*)(uid=*', 'alicepw'],
      ['an injected end', 'alice)(objectClass=*))(&(uid=alice', 'alicepw'],
      ['an escape', '\\61lice', 'alicepw'],
      ['parentheses', 'alice()', 'alicepw'],
      ['a DN', `uid=alice,${PEOPLE}`, 'alicepw'],
      ['a NUL', 'alice\0', 'alicepw'],
      ['a long name', 'alice'.repeat(60), 'alicepw'],
      ['nothing as a password', 'alice', ''],
      ['nothing at all', '', ''],
    ])('%s is not', async (_, username, password) => {
      expect(await provider().verify(username, password)).toBeUndefined()
    })

    test('an empty password is not even asked about', async () => {
      let connections = 0
      const address = await serverThat(() => connections++)
      expect(await provider({ url: `ldap://${address}` }).verify('alice', '')).toBeUndefined()
      expect(connections).toBe(0)
    })

    test('the name is the one in the directory, however it was typed', async () => {
      expect((await provider().verify('ALICE', 'alicepw'))?.name).toBe('alice')
    })

    test('people below an organizational unit and people with every special character are found', async () => {
      expect((await provider().verify('carol', 'carolpw'))?.name).toBe('carol')
      expect(await groupsOf(provider(), 'eve')).toEqual(['ops, "all"', 'pushers'])
      const byCn = provider({ nameAttribute: 'cn' })
      expect((await byCn.verify('Éve, "Ops" (a*\\b)', 'evepw'))?.name).toBe('Éve, "Ops" (a*\\b)')
    })

    test('an address counts only when the directory is trusted with it', async () => {
      expect((await provider({ trustEmail: false }).verify('alice', 'alicepw'))?.email).toBeUndefined()
      expect((await provider().verify('bob', 'bobpw'))?.email).toBeUndefined()
    })

    test('a name that two have is nobody’s, and the log says so', async () => {
      await slapd.addLdif(`${person('twin')}${person('twin', '', `ou=remote,${PEOPLE}`)}`)
      lines.length = 0
      expect(await provider().verify('twin', 'twinpw')).toBeUndefined()
      expect(lines.join()).toContain('LDAP provider \\"corp\\": this name is ambiguous')
    })

    test('userFilter says who may sign in', async () => {
      const contractors = provider({ userFilter: '(&(objectClass=inetOrgPerson)(title=contractor))' })
      expect((await contractors.verify('carol', 'carolpw'))?.name).toBe('carol')
      expect(await contractors.verify('alice', 'alicepw')).toBeUndefined()
    })

    test('somebody without what never changes about them is not let in', async () => {
      lines.length = 0
      expect(await provider({ idAttribute: 'employeeNumber' }).verify('alice', 'alicepw')).toBeUndefined()
      expect(lines.join()).toContain('somebody without employeeNumber')
    })

    test('many at once are all answered', async () => {
      const ldap = provider()
      const answers = await Promise.all(Array.from({ length: 40 }, () => ldap.verify('alice', 'alicepw')))
      expect(answers.filter((answer) => answer?.name === 'alice').length).toBe(40)
    })

    test('a connection is ended whatever comes of it', async () => {
      let open = 0
      let opened = 0
      const address = await serverThat((ours) => {
        open++
        opened++
        const theirs = connect(slapd.port, '127.0.0.1')
        ours.once('close', () => open--)
        ours.pipe(theirs).pipe(ours)
      })
      const ldap = provider({ url: `ldap://${address}` })
      await ldap.verify('alice', 'alicepw')
      await ldap.verify('alice', 'wrong')
      await failure(provider({ url: `ldap://${address}`, userBase: `ou=missing,${BASE}` }))
      await failure(provider({ url: `ldap://${address}`, startTls: true }))
      await untilTrue('all connections are closed', () => open === 0)
      expect(opened).toBe(4)
    })

    test('an unknown name takes as long as a wrong password', async () => {
      const ldap = provider()
      const times: Record<'unknown' | 'wrong', number[]> = { unknown: [], wrong: [] }
      const measure = async (kind: 'unknown' | 'wrong', username: string) => {
        const start = performance.now()
        await ldap.verify(username, 'wrong')
        times[kind].push(performance.now() - start)
      }
      // In turns, so that whatever else the machine does slows both down.
      for (let round = 0; round < 25; round++) {
        await measure('unknown', `nobody${round}`)
        await measure('wrong', 'alice')
      }
      const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
      const [unknown, wrong] = [median(times.unknown), median(times.wrong)]
      console.log(`LDAP: unknown name ${unknown.toFixed(2)} ms, wrong password ${wrong.toFixed(2)} ms`)
      expect(unknown / wrong).toBeGreaterThan(0.4)
      expect(unknown / wrong).toBeLessThan(2.5)
    })

    test('an unknown name and a wrong password send the same kinds of messages', async () => {
      let sent = 0
      const address = await serverThat((ours) => {
        const theirs = connect(slapd.port, '127.0.0.1')
        ours.on('data', () => sent++)
        ours.pipe(theirs).pipe(ours)
      })
      const ldap = provider({ url: `ldap://${address}` })
      const count = async (username: string) => {
        sent = 0
        await ldap.verify(username, 'wrong')
        return sent
      }
      expect(await count('nobody')).toBeGreaterThanOrEqual(3)
      expect(await count('nobody')).toBe(await count('alice'))
    })
  })

  describe('groups', () => {
    const both = [
      ['memberOf', {}],
      ['groupBase', { groupBase: GROUPS }],
    ] as const

    test.each(both)('by %s: all, with their names', async (_, server) => {
      expect(await groupsOf(provider(server), 'alice')).toEqual(['devs', 'pushers'])
      expect(await groupsOf(provider(server), 'eve')).toEqual(['ops, "all"', 'pushers'])
      expect(await groupsOf(provider(server), 'bob')).toEqual([])
    })

    test.each(both)('by %s: one that was taken away is gone the next time', async (label, server) => {
      const name = `temporary-${label}`
      await slapd.addLdif(group(name, `uid=bob,${PEOPLE}`, `uid=carol,ou=remote,${PEOPLE}`))
      const ldap = provider(server)
      const before = await ldap.verify('bob', 'bobpw')
      expect(before?.groups).toEqual([name])
      await slapd.modify(`dn: cn=${name},${GROUPS}\nchangetype: modify\ndelete: member\nmember: uid=bob,${PEOPLE}\n`)
      expect(await groupsOf(ldap, 'bob')).toEqual([])
      expect((await ldap.refresh(before?.subject ?? ''))?.groups).toEqual([])
    })

    test('more than a directory tells at once', async () => {
      const dan = `uid=dan,${PEOPLE}`
      const names = Array.from({ length: 1203 }, (_, index) => `many-${String(index).padStart(4, '0')}`)
      await slapd.addLdif(`${person('dan')}${names.map((name) => group(name, dan)).join('')}`)
      expect(await groupsOf(provider({ groupBase: GROUPS }), 'dan')).toEqual(names)
      expect(await groupsOf(provider(), 'dan')).toEqual(names)
    })

    test('a rule stands behind the attribute, as for groups in groups', async () => {
      const ldap = provider({ groupBase: GROUPS, groupMemberAttribute: 'member:distinguishedNameMatch:' })
      expect(await groupsOf(ldap, 'alice')).toEqual(['devs', 'pushers'])
      // Active Directory's, by which nothing matches where it is not known.
      const nested = provider({ groupBase: GROUPS, groupMemberAttribute: 'member:1.2.840.113556.1.4.1941:' })
      expect(await groupsOf(nested, 'alice')).toEqual([])
    })

    test('a list that cannot be read is no empty list', async () => {
      expect(await failure(provider({ groupBase: `ou=missing,${BASE}` }))).toContain('cannot be asked')
    })
  })

  describe('asking again', () => {
    test('finds who signed in before, under the present name', async () => {
      await slapd.addLdif(person('frank'))
      const ldap = provider()
      const subject = (await ldap.verify('frank', 'frankpw'))?.subject ?? ''
      await slapd.modify(
        `dn: uid=frank,${PEOPLE}\nchangetype: modrdn\nnewrdn: uid=francis\ndeleteoldrdn: 1\nnewsuperior: ou=remote,${PEOPLE}\n`,
      )
      expect(await ldap.refresh(subject)).toMatchObject({ subject, name: 'francis' })
    })

    test('not who was removed or may not sign in any more', async () => {
      await slapd.addLdif(person('grace', 'title: contractor'))
      const ldap = provider({ userFilter: '(title=contractor)' })
      const subject = (await ldap.verify('grace', 'gracepw'))?.subject ?? ''
      expect((await ldap.refresh(subject))?.name).toBe('grace')
      await slapd.modify(`dn: uid=grace,${PEOPLE}\nchangetype: modify\nreplace: title\ntitle: retired\n`)
      expect(await ldap.refresh(subject)).toBeUndefined()
      expect((await provider().refresh(subject))?.name).toBe('grace')
      await slapd.modify(`dn: uid=grace,${PEOPLE}\nchangetype: delete\n`)
      expect(await provider().refresh(subject)).toBeUndefined()
    })

    test('a subject is no filter', async () => {
      expect(await provider({ idAttribute: 'uid' }).refresh('*')).toBeUndefined()
      expect(await provider({ idAttribute: 'uid' }).refresh('*)(uid=alice')).toBeUndefined()
    })
  })

  describe('as Active Directory has it', () => {
    const likeAd = { nameAttribute: 'sAMAccountName', idAttribute: 'objectGUID' }
    // Could be text as well, so it must be asked for as bytes.
    const guid = '0102030405060708090a0b0c0d0e0f10'

    beforeAll(() =>
      slapd.addLdif(
        person(
          'dora',
          `objectClass: user\nsAMAccountName: Dora\nuserAccountControl: 512\nobjectGUID:: ${Buffer.from(guid, 'hex').toBase64()}`,
        ),
      ),
    )

    test.each(['objectGUID', 'objectguid'])('%s is bytes, and finds the person again', async (idAttribute) => {
      const ldap = provider({ ...likeAd, idAttribute })
      expect(await ldap.verify('dora', 'dorapw')).toMatchObject({ subject: guid, name: 'Dora' })
      expect(await ldap.refresh(guid)).toMatchObject({ subject: guid, name: 'Dora' })
      expect(await ldap.refresh('ff')).toBeUndefined()
      expect(await ldap.refresh('no subject')).toBeUndefined()
    })

    test('a disabled account is nobody', async () => {
      const set = (control: number) =>
        slapd.modify(
          `dn: uid=dora,${PEOPLE}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: ${control}\n`,
        )
      await set(514)
      expect(await provider(likeAd).verify('dora', 'dorapw')).toBeUndefined()
      expect(await provider(likeAd).refresh(guid)).toBeUndefined()
      await set(512)
      expect((await provider(likeAd).refresh(guid))?.name).toBe('Dora')
    })
  })

  describe('encryption', () => {
    const encrypted = [
      ['StartTLS', () => ({ url: slapd.url, startTls: true, insecure: false })],
      ['LDAPS', () => ({ url: slapd.ldapsUrl, insecure: false })],
    ] as const

    test.each(encrypted)('%s with an authority of one’s own', async (_, server) => {
      const ldap = provider({ ...server(), ca: slapd.caFile, groupBase: GROUPS })
      expect(await groupsOf(ldap, 'alice')).toEqual(['devs', 'pushers'])
      expect(await ldap.verify('alice', 'wrong')).toBeUndefined()
    })

    test.each(encrypted)('%s by the name of the host', async (_, server) => {
      const { url, ...rest } = server()
      const ldap = provider({ ...rest, url: url.replace('127.0.0.1', 'localhost'), ca: slapd.caFile })
      expect((await ldap.verify('alice', 'alicepw'))?.name).toBe('alice')
    })

    test.each(encrypted)('%s is refused with an authority nobody knows, or another one', async (_, server) => {
      expect(await failure(provider({ ...server(), insecure: true }))).toMatch(/UNABLE_TO_VERIFY|unable to verify/)
      const other = await slapd.file('other.crt', makeCertificate('another authority').cert)
      expect(await failure(provider({ ...server(), ca: other }))).toMatch(/unable to|self.signed|signature/)
    })

    test('is refused with a certificate for another host', async () => {
      const ca = slapd.caFile
      expect(await failure(provider({ url: slapd.unnamedLdapsUrl, ca }))).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
      expect(await failure(provider({ url: slapd.unnamedUrl, startTls: true, ca }))).toContain(
        'ERR_TLS_CERT_ALTNAME_INVALID',
      )
    })

    test('without it there is no provider', () => {
      expect(() => provider({ insecure: false })).toThrow(/ldaps:\/\/ url or set startTls/)
    })

    test('no name or password is sent to a server that does not want to encrypt', async () => {
      const sent: Buffer[] = []
      // "protocolError" to whatever the first message asks, as a server says that knows no StartTLS.
      const refusal = Buffer.from('300c0201027807 0a0102 0400 0400'.replaceAll(' ', ''), 'hex')
      const address = await serverThat((socket) => {
        socket.on('data', (data) => {
          sent.push(Buffer.from(data))
          socket.write(refusal)
        })
      })
      const ldap = provider({ url: `ldap://${address}`, startTls: true })
      expect(await failure(ldap)).toContain('cannot be asked')
      expect(sent.length).toBe(1)
      expect(Buffer.concat(sent).toString('latin1')).not.toMatch(/alice|reader/)
    })

    test('what somebody on the way adds in front of the encryption is not listened to', async () => {
      // The beginning of "you are bound", of which the directory's own answers would become the rest.
      const forged = Buffer.from('30400201036107 0a0100 0400 0400'.replaceAll(' ', ''), 'hex')
      const address = await between((first) => Buffer.concat([first, forged]))
      const ldap = provider({ url: `ldap://${address}`, startTls: true, ca: slapd.caFile })
      expect((await within('a sign-in', 3000, ldap.verify('alice', 'alicepw')))?.name).toBe('alice')
      expect(await ldap.verify('alice', 'wrong')).toBeUndefined()
    })
  })

  describe('when it cannot be asked', () => {
    test('nobody is vouched for when bindDn or its password is wrong', async () => {
      const bindPasswordFile = await slapd.file('wrong.password', 'wrong')
      const ldap = provider({ bindPasswordFile })
      const reason = await failure(ldap)
      expect(reason).toContain('LDAP provider \\"corp\\" cannot be asked')
      expect(reason).toContain('0x31')
      // It did answer: the next one is not told that it is down.
      expect(await failure(ldap)).not.toContain('a moment ago')
    })

    test('nor when nobody may look people up', async () => {
      const reason = await failure(provider({ bindDn: undefined, bindPasswordFile: undefined }))
      expect(reason).toContain('cannot be asked')
    })

    test('nor when the filter is wrong, which does not mean that the server is down', async () => {
      const ldap = provider({ userFilter: '(no filter)' })
      expect(await failure(ldap)).toContain('Invalid expression')
      expect(await failure(ldap)).toContain('Invalid expression')
    })

    test('a server that is silent holds up eight sign-ins at most, and the next ones not at all', async () => {
      let connections = 0
      let open = 0
      const address = await serverThat((socket) => {
        connections++
        open++
        socket.resume().once('close', () => open--)
      })
      const unencrypted = provider({ url: `ldap://${await serverThat(() => undefined)}` })
      const unanswered = within('giving up on an answer', 13_000, failure(unencrypted))
      const ldap = provider({ url: `ldaps://${address}` })
      const failures = await within('giving up', 8000, Promise.all(Array.from({ length: 20 }, () => failure(ldap))))
      expect(failures.filter((reason) => reason.includes('no connection within 5 seconds')).length).toBeGreaterThan(7)
      expect(failures.filter((reason) => reason.includes('cannot be asked')).length).toBe(20)
      expect(connections).toBe(8)
      await untilTrue('all connections are closed', () => open === 0)
      expect(await within('failing fast', 200, failure(ldap))).toContain('could not be reached a moment ago')
      expect(await unanswered).toContain('no answer within 10 seconds')
      expect(await within('failing fast', 200, failure(unencrypted))).toContain('could not be reached a moment ago')
    })

    test('a server that hangs up in the middle is one that did not answer', async () => {
      const address = await serverThat((socket) => socket.once('data', () => socket.destroy()))
      const ldap = provider({ url: `ldap://${address}` })
      expect(await within('giving up', 1000, failure(ldap))).toContain('cannot be asked')
      expect(await failure(ldap)).toContain('a moment ago')
    })

    test('a connection that ends is not replaced by one that is not bound or not encrypted', async () => {
      let connections = 0
      const address = await serverThat((ours) => {
        connections++
        const theirs = connect(slapd.port, '127.0.0.1')
        ours.pipe(theirs)
        // The answer to the first bind arrives, and with it the end.
        theirs.once('data', (data) => {
          ours.end(data)
          theirs.destroy()
        })
      })
      const settings = ldapSettings(configured({ url: `ldap://${address}` }))
      const searching = withConnection(await import('ldapts'), settings, async (client) => {
        await client.bind(READER.dn, READER.password)
        await untilTrue('the connection has ended', () => !client.isConnected)
        await client.search(PEOPLE)
      })
      await expect(searching).rejects.toThrow('the connection ended')
      expect(connections).toBe(1)
    })

    test('down, it fails at once and says so once; up again, it works by itself', async () => {
      const ldap = provider()
      expect((await ldap.verify('alice', 'alicepw'))?.name).toBe('alice')
      await slapd.stop()
      lines.length = 0
      try {
        expect(await within('failing', 1000, failure(ldap))).toContain('ECONNREFUSED')
        expect(await within('failing fast', 200, failure(ldap))).toContain('a moment ago')
        await expect(ldap.refresh('x')).rejects.toThrow('cannot be asked')
      } finally {
        await slapd.start()
      }
      const back = await until('reachable again', () => ldap.verify('alice', 'alicepw').catch(() => undefined), 10_000)
      expect(back.name).toBe('alice')
      const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message)
      expect(messages).toEqual(['LDAP provider "corp" cannot be reached', 'LDAP provider "corp" is reachable again'])
    })
  })
})
