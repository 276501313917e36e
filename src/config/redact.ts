import type { SettingValue } from './settings.ts'

const HIDDEN = 'HIDDEN'
/** Programs with their arguments, of which one may be a password. */
const COMMANDS: ReadonlySet<string> = new Set(['encryption.keyCommand', 'encryption.previousKeyCommand'])
/** What may be read of an address after its "?", besides names of files; whatever else stands there may be a secret. */
const OPEN_PARAMETERS: ReadonlySet<string> = new Set([
  ...['sslmode', 'pool', 'application_name', 'connect_timeout'],
  ...['region', 'endpoint', 'pathStyle', 'sse', 'kmsKeyId', 'storageClass', 'account'],
])
const FILE_PARAMETER = /^(?:\w+File|sslrootcert|sslcert|sslkey)$/

/** A value of the configuration for whoever looks at it: passwords are in no answer, however they got into it. */
export function withoutSecrets(path: string, value: SettingValue | undefined): SettingValue | undefined {
  if (Array.isArray(value)) return value.map((each) => textWithout(path, String(each)))
  return typeof value === 'string' ? textWithout(path, value) : value
}

function textWithout(path: string, text: string): string {
  return COMMANDS.has(path) ? programOf(text) : addressWithout(text)
}

function programOf(command: string): string {
  const [program = '', ...rest] = command.split(' ')
  return rest.length === 0 ? addressWithout(program) : `${addressWithout(program)} ${HIDDEN}`
}

/** The address as it can be shown: nothing of who signs in there, and after "?" only what is known to be no secret. */
function addressWithout(text: string): string {
  if (!text.includes('://')) return text
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(text)
  if (match === null) return HIDDEN
  const [, scheme = '', authority = '', path = '', query] = match
  const parameters = query === undefined ? '' : `?${query.split('&').map(parameterWithout).join('&')}`
  return `${scheme}${authorityWithout(scheme, authority)}${path}${parameters}`
}

/** A name may be a token, but for a database's. */
function authorityWithout(scheme: string, authority: string): string {
  const at = authority.lastIndexOf('@')
  if (at < 0) return authority
  const [user = '', ...password] = authority.slice(0, at).split(':')
  const isName = /^postgres(?:ql)?:/i.test(scheme)
  const shown = isName ? [user, ...(password.length === 0 ? [] : [HIDDEN])].join(':') : HIDDEN
  return `${shown}@${authority.slice(at + 1)}`
}

function parameterWithout(parameter: string): string {
  const [name = '', value = ''] = parameter.split('=', 2)
  const isOpen = OPEN_PARAMETERS.has(name) || FILE_PARAMETER.test(name)
  if (!isOpen) return `${name}=${HIDDEN}`
  return `${name}=${addressWithout(decode(value))}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
