import { isObject } from '../oci/strict-json.ts'
import type { Answer } from './guarded-egress.ts'
import { jsonObject } from './remote-tokens.ts'

const MAX_ERROR_BYTES = 64 * 1024
/** Registries have codes besides those of distribution-spec ("Error Codes"): NOT_FOUND, UNKNOWN, TAG_EXPIRED. */
const CODE = /^[A-Z][A-Z0-9_]{2,63}$/

/** The first code of an error as registries write it. Reads the body. Undefined: there is none. */
export async function errorCodeIn(answer: Answer): Promise<string | undefined> {
  const body = jsonObject(await answer.bytes(MAX_ERROR_BYTES).catch(() => new Uint8Array()))
  const [first] = Array.isArray(body?.errors) ? (body.errors as unknown[]) : []
  const code = isObject(first) ? first.code : undefined
  return typeof code === 'string' && CODE.test(code) ? code : undefined
}

/**
 * Whether a HEAD was refused by a registry, as far as its headers tell. Proxies that add the header to whatever they
 * answer (as distribution's recipe for nginx does) send pages of their own type.
 */
export function isMarkedByRegistry(answer: Answer): boolean {
  const type = answer.header('content-type') ?? 'application/json'
  return answer.header('docker-distribution-api-version') !== undefined && type.startsWith('application/json')
}
