import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from '../e2e/support/certificates.ts'
import { untilTrue } from '../e2e/support/until.ts'

const SLAPD = '/usr/sbin/slapd'
export const hasSlapd = existsSync(SLAPD)

export const BASE = 'dc=example,dc=test'
export const PEOPLE = `ou=people,${BASE}`
export const GROUPS = `ou=groups,${BASE}`

/** Who may read the directory: nobody else may, not even people their own entry. */
export const READER = { dn: `cn=reader,${BASE}`, password: 'readerpw' }

const ADMIN = { dn: `cn=admin,${BASE}`, password: 'adminpw' }

/** A real OpenLDAP server with people and groups. */
export interface Slapd {
  /** ldap://, where StartTLS is understood. */
  readonly url: string
  readonly ldapsUrl: string
  /** The same server by an address that its certificate does not name. */
  readonly unnamedUrl: string
  readonly unnamedLdapsUrl: string
  readonly port: number
  readonly caFile: string
  readonly readerPasswordFile: string
  /** A file beside the server's. */
  file(name: string, text: string): Promise<string>
  addLdif(text: string): Promise<void>
  modify(ldif: string): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function startSlapd(): Promise<Slapd> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-slapd-'))
  const [port, tlsPort] = await freePorts()
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, text)
    return path
  }
  const authority = makeCertificate('berth test directory authority')
  const certificate = makeCertificate('localhost', authority)
  await file('server.crt', certificate.cert)
  await file('server.key', certificate.key)
  await mkdir(join(folder, 'db'))
  await file('slapd.conf', configuration(folder))

  const url = `ldap://127.0.0.1:${port}`
  const server = slapdProcess(folder, port, tlsPort)
  const slapd: Slapd = {
    url,
    ldapsUrl: `ldaps://127.0.0.1:${tlsPort}`,
    unnamedUrl: `ldap://127.0.0.2:${port}`,
    unnamedLdapsUrl: `ldaps://127.0.0.2:${tlsPort}`,
    port,
    caFile: await file('ca.crt', authority.cert),
    readerPasswordFile: await file('reader.password', `${READER.password}\n`),
    file,
    addLdif: (text) => asAdmin('ldapadd', url, text),
    modify: (ldif) => asAdmin('ldapmodify', url, ldif),
    ...server,
    close: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    await slapd.start()
    await slapd.addLdif(SEED)
    return slapd
  } catch (error) {
    await slapd.close()
    throw error
  }
}

function slapdProcess(folder: string, port: number, tlsPort: number): Pick<Slapd, 'start' | 'stop'> {
  let running: Bun.Subprocess | undefined
  const addresses = [`ldap://127.0.0.1:${port}`, `ldap://127.0.0.2:${port}`]
  const tlsAddresses = [`ldaps://127.0.0.1:${tlsPort}`, `ldaps://127.0.0.2:${tlsPort}`]
  return {
    start: async () => {
      // Any level of debugging keeps it in the foreground, where it ends with us.
      const flags = ['-d', '0', '-f', join(folder, 'slapd.conf'), '-h', [...addresses, ...tlsAddresses].join(' ')]
      running = Bun.spawn([SLAPD, ...flags], { stdout: 'ignore', stderr: 'ignore' })
      await untilTrue('slapd listens', () => accepts(port), 10_000)
    },
    stop: async () => {
      running?.kill()
      await running?.exited
      running = undefined
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()]
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ports.push((server.address() as AddressInfo).port)
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  const [first = 0, second = 0] = ports
  return [first, second]
}

async function asAdmin(tool: 'ldapadd' | 'ldapmodify', url: string, ldif: string): Promise<void> {
  const command = [tool, '-x', '-H', url, '-D', ADMIN.dn, '-w', ADMIN.password]
  const child = Bun.spawn(command, { stdin: new Blob([ldif]), stdout: 'ignore', stderr: 'pipe' })
  const problem = await new Response(child.stderr).text()
  if ((await child.exited) !== 0) throw new Error(`${tool}: ${problem}`)
}

/** With the attributes of Active Directory that we know, and the size limit that directories have. */
function configuration(folder: string): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP top AUXILIARY
  MAY ( objectGUID $ sAMAccountName $ userAccountControl ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
TLSCertificateFile ${folder}/server.crt
TLSCertificateKeyFile ${folder}/server.key
database mdb
suffix "${BASE}"
rootdn "${ADMIN.dn}"
rootpw ${ADMIN.password}
directory ${folder}/db
maxsize 33554432
dbnosync
limits dn.exact="${READER.dn}" size.soft=500 size.hard=500 size.pr=500 size.prtotal=unlimited
index objectClass,uid,member eq
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${READER.dn}" read by * none
`
}

/** LDIF takes other characters than ASCII in this form only (RFC 2849). */
function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

export function person(uid: string, more = '', parent = PEOPLE): string {
  return `
dn: uid=${uid},${parent}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${uid}
sn: ${uid}
userPassword: ${uid}pw
${more}
`
}

export function group(name: string, ...members: readonly string[]): string {
  return `
dn: cn=${name},${GROUPS}
objectClass: groupOfNames
cn: ${name}
${members.map((member) => `member:: ${base64(member)}`).join('\n')}
`
}

/** Needs every escape that a DN and a filter know. */
export const EVE = `cn=Éve\\2C \\22Ops\\22 (a*\\5Cb),${PEOPLE}`

const SEED = `
dn: ${BASE}
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: ${READER.dn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: ${READER.password}

dn: ${PEOPLE}
objectClass: organizationalUnit
ou: people

dn: ou=remote,${PEOPLE}
objectClass: organizationalUnit
ou: remote

dn: ${GROUPS}
objectClass: organizationalUnit
ou: groups
${person('alice', 'mail: Alice@Example.test\nmail: second@example.test')}
${person('bob')}
${person('carol', 'title: contractor', `ou=remote,${PEOPLE}`)}
dn:: ${base64(EVE)}
objectClass: inetOrgPerson
uid: eve
cn:: ${base64('Éve, "Ops" (a*\\b)')}
sn: eve
userPassword: evepw

${group('pushers', `uid=alice,${PEOPLE}`, EVE)}
${group('devs', `uid=alice,${PEOPLE}`)}
dn: cn=ops\\2C \\22all\\22,${GROUPS}
objectClass: groupOfNames
cn: ops, "all"
member:: ${base64(EVE)}

dn: cn=everybody,${GROUPS}
objectClass: groupOfNames
cn: everybody
member: cn=pushers,${GROUPS}
`
