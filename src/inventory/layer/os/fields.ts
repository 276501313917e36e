import { textOf } from '../tar-fields.ts'

/** `Key: value` blocks with empty lines between, as dpkg and apk write them; one at a time, and lines that go on are left out. */
export function* stanzas(content: Uint8Array, separator: string): Generator<ReadonlyMap<string, string>> {
  let fields = new Map<string, string>()
  for (const line of linesOf(content)) {
    if (line.trim() === '') {
      if (fields.size > 0) yield fields
      fields = new Map()
      continue
    }
    const at = line.indexOf(separator)
    // The first of a name counts.
    if (at > 0 && !/^\s/.test(line) && !fields.has(line.slice(0, at)))
      fields.set(line.slice(0, at), line.slice(at + separator.length).trim())
  }
  if (fields.size > 0) yield fields
}

/** Whether there is nothing in it, or white space only. */
export function isBlank(content: Uint8Array): boolean {
  return content.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))
}

/** Without ever holding all of it as text. */
export function* linesOf(content: Uint8Array): Generator<string> {
  for (let at = 0; at < content.length;) {
    const newline = content.indexOf(0x0a, at)
    const end = newline === -1 ? content.length : newline
    yield textOf(content.subarray(at, end))
    at = end + 1
  }
}
