import { isObject, type JsonObject } from '../../oci/strict-json.ts'

/** Raised for a file that cannot be understood; the message is the reason in the report. */
export class NotUnderstood extends Error {}

/** UTF-8, with or without a byte order mark; what is no UTF-8 becomes replacement characters. */
export function decodeText(bytes: Uint8Array, maxBytes: number): string {
  if (bytes.byteLength > maxBytes)
    throw new NotUnderstood(`is ${bytes.byteLength} bytes long, where ${maxBytes} are read at most`)
  return new TextDecoder('utf-8').decode(bytes)
}

/** @throws NotUnderstood when it is no JSON object */
export function parseJsonObject(bytes: Uint8Array, maxBytes: number): JsonObject {
  const value = parseJson(bytes, maxBytes)
  if (!isObject(value)) throw new NotUnderstood('is no JSON object')
  return value
}

/** @throws NotUnderstood when it is no JSON */
export function parseJson(bytes: Uint8Array, maxBytes: number): unknown {
  const text = decodeText(bytes, maxBytes)
  try {
    return JSON.parse(text)
  } catch {
    throw new NotUnderstood('is no JSON')
  }
}

/** The lines of a text, one after the other: never all of them in memory, at most `maxLines`. */
export function* linesOf(text: string, maxLines: number): Generator<string> {
  let at = 0
  for (let count = 0; at < text.length && count < maxLines; count++) {
    const end = text.indexOf('\n', at)
    const stop = end < 0 ? text.length : end
    yield text.slice(at, text.charCodeAt(stop - 1) === CARRIAGE_RETURN && stop > at ? stop - 1 : stop)
    at = stop + 1
  }
}

const CARRIAGE_RETURN = 0x0d

/** The fields before the first empty line, as mail has them: `Name: value`, continued by lines that begin with a space. */
export function headerFields(text: string, maxLines: number): Map<string, string[]> {
  const fields = new Map<string, string[]>()
  for (const line of linesOf(text, maxLines)) {
    if (line === '') break
    const colon = line.indexOf(':')
    // Only long texts are continued there, and nobody asks for those.
    if (colon <= 0 || line.startsWith(' ') || line.startsWith('\t')) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    const values = fields.get(name) ?? []
    values.push(line.slice(colon + 1).trim())
    fields.set(name, values)
  }
  return fields
}
