import { isObject } from '../oci/strict-json.ts'
import type { Answer } from './guarded-egress.ts'
import { jsonObject } from './remote-tokens.ts'

const MAX_ERROR_BYTES = 64 * 1024
/** Registries have codes besides those of distribution-spec ("Error Codes"): NOT_FOUND, UNKNOWN, TAG_EXPIRED. */
const CODE = /^[A-Z][A-Z0-9_]{2,63}$/

export interface RegistryError {
  readonly code: string
  /** Code and message, in one line of at most 200 characters. */
  readonly said: string
}

/** The first error of those that registries write. Reads the body. Undefined: there is none. */
export async function registryErrorIn(answer: Answer): Promise<RegistryError | undefined> {
  const body = jsonObject(await answer.bytes(MAX_ERROR_BYTES).catch(() => new Uint8Array()))
  const [first] = Array.isArray(body?.errors) ? (body.errors as unknown[]) : []
  if (!isObject(first) || typeof first.code !== 'string' || !CODE.test(first.code)) return undefined
  const { code, message } = first
  return { code, said: cleaned(typeof message === 'string' ? `${code}: ${message}` : code) }
}

/** Only its code. */
export async function errorCodeIn(answer: Answer): Promise<string | undefined> {
  return (await registryErrorIn(answer))?.code
}

const MOST_SAID = 200

/** Without what moves cursors or turns text around. */
function cleaned(text: string): string {
  const plain = text.slice(0, 10 * MOST_SAID).replaceAll(/\p{Cf}/gu, '')
  return plain
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, MOST_SAID)
}

/**
 * Whether a HEAD was refused by a registry, as far as its headers tell. Proxies that add the header to whatever they
 * answer (as distribution's recipe for nginx does) send pages of their own type.
 */
export function isMarkedByRegistry(answer: Answer): boolean {
  const type = answer.header('content-type') ?? 'application/json'
  return answer.header('docker-distribution-api-version') !== undefined && type.startsWith('application/json')
}
