import type { Entry } from 'ldapts'

/** The directory answered, but with something nobody may be let in by. */
export class UnusableAnswer extends Error {}

/** Attributes that hold bytes instead of text, both of Active Directory. */
const BINARY_ATTRIBUTES = ['objectGUID', 'objectSid']

/** ADS_UF_ACCOUNTDISABLE in Active Directory's userAccountControl. */
const ACCOUNT_DISABLED = 2

const MAX_USERNAME_LENGTH = 256

/** Whether a directory could hold such a name: others are not asked about. */
export function isAskable(username: string): boolean {
  return (
    username !== '' &&
    username.length <= MAX_USERNAME_LENGTH &&
    username.isWellFormed() &&
    !/\p{Cc}/u.test(username) &&
    username.trim() !== ''
  )
}

/** How Active Directory writes the name of an attribute of bytes; undefined for text. */
export function binaryAttribute(attribute: string): string | undefined {
  return BINARY_ATTRIBUTES.find((binary) => binary.toLowerCase() === attribute.toLowerCase())
}

/**
 * The texts of an attribute. One value comes as itself, several as a list, none as an empty list; names of attributes
 * have no case (RFC 4512 §2.5) and come as the directory writes them, not as they were asked for.
 */
export function textsOf(entry: Entry, attribute: string): string[] {
  return valuesOf(entry, attribute).filter((value) => typeof value === 'string')
}

function valuesOf(entry: Entry, attribute: string): (string | Buffer)[] {
  const wanted = attribute.toLowerCase()
  // An entry's DN stands among its attributes, and is none: it may be given to somebody else one day.
  const key = Object.keys(entry).find((name) => name !== 'dn' && name.toLowerCase() === wanted)
  const value = key === undefined ? undefined : entry[key]
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

/** What never changes about a person, as text: bytes in hexadecimal. */
export function subjectOf(entry: Entry, attribute: string): string | undefined {
  const [value] = valuesOf(entry, attribute)
  const isBinary = binaryAttribute(attribute) !== undefined
  if (Buffer.isBuffer(value)) return isBinary && value.length > 0 ? value.toString('hex') : undefined
  return isBinary || value === '' ? undefined : value
}

/** The other way round: what to search for. Undefined when it is no subject of such a directory. */
export function searchValueOf(subject: string, attribute: string): string | Buffer | undefined {
  if (binaryAttribute(attribute) === undefined) return subject === '' ? undefined : subject
  return /^(?:[0-9a-f]{2})+$/.test(subject) ? Buffer.from(subject, 'hex') : undefined
}

/** Active Directory refuses the passwords of such people, but a search without a password still finds them. */
export function isDisabled(entry: Entry): boolean {
  const [control = '0'] = textsOf(entry, 'userAccountControl')
  return (Number(control) & ACCOUNT_DISABLED) !== 0
}

/**
 * The names of the groups that an entry itself says it is in.
 * @throws UnusableAnswer when the directory told only some of them, as Active Directory does from 1,500 on
 */
export function groupsFromMemberOf(entry: Entry): string[] {
  if (Object.keys(entry).some((key) => /^memberof;range=/i.test(key)))
    throw new UnusableAnswer('memberOf has more values than the directory tells at once; set groupBase')
  return distinct(textsOf(entry, 'memberOf').map(firstRdnValue))
}

export function distinct(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => name !== ''))]
}

/** `devs, "all"` of `cn=devs\2c \"all\",ou=groups,dc=example`; escapes of RFC 4514 §2.4, hexadecimal ones in UTF-8. */
export function firstRdnValue(dn: string): string {
  const [, raw = ''] = /^[^=]*=((?:\\.|[^\\,+])*)/su.exec(dn) ?? []
  const parts = trimmed(raw).match(/(?:\\[0-9a-f]{2})+|\\.|[^\\]+/gisu) ?? []
  return parts.map(unescaped).join('')
}

/** Without the spaces around it, but with those that are escaped. */
function trimmed(raw: string): string {
  return raw.replace(/^ +/, '').replace(/(\\.| *$)/gsu, (match) => (match.startsWith('\\') ? match : ''))
}

function unescaped(part: string): string {
  if (!part.startsWith('\\')) return part
  if (/^(?:\\[0-9a-f]{2})+$/i.test(part)) return Buffer.from(part.replaceAll('\\', ''), 'hex').toString('utf8')
  return part.slice(1)
}
