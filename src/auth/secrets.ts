import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What a secret is for stands at its beginning, where scanners of leaked secrets look. */
export type SecretKind = 'key' | 'robot' | 'refresh' | 'device' | 'session'

const PREFIX: Readonly<Record<SecretKind, string>> = {
  key: 'berth_key_',
  robot: 'berth_robot_',
  refresh: 'berth_refresh_',
  device: 'berth_device_',
  session: 'berth_session_',
}
const SECRET = /^(berth_(?:key|robot|refresh|device|session)_)([A-Za-z0-9_-]{43})([0-9a-f]{8})$/

/** 256 random bits with a prefix and a checksum, so that a scanner knows one without asking us. */
export function newSecret(kind: SecretKind): string {
  const random = randomBytes(32).toString('base64url')
  return `${PREFIX[kind]}${random}${checksum(random)}`
}

/** Whether the text is a secret of that kind, whole and untouched; not whether anybody has it. */
export function isSecret(text: string, kind: SecretKind): boolean {
  const [, prefix, random = '', sum] = SECRET.exec(text) ?? []
  return prefix === PREFIX[kind] && sum === checksum(random)
}

/** Whether the text is meant to be a secret of any kind: it must not be written down anywhere, whatever it is used as. */
export function looksLikeSecret(text: string): boolean {
  return Object.values(PREFIX).some((prefix) => text.includes(prefix))
}

/** What is stored. 256 random bits need no slow hash: nobody can guess them. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

function checksum(random: string): string {
  return crc32(random).toString(16).padStart(8, '0')
}
