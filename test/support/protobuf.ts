/** A field of a message as it lies on the wire: enough to read what we send without the library that wrote it. */
export interface Field {
  readonly number: number
  readonly value: bigint | Uint8Array
}

/** @throws Error for what is no message */
export function fieldsOf(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields: Field[] = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const fixed = (size: 4 | 8) => {
    at += size
    return size === 8 ? view.getBigUint64(at - size, true) : BigInt(view.getUint32(at - size, true))
  }
  const piece = () => {
    const size = Number(varint())
    at += size
    if (at > bytes.byteLength) throw new Error('a field is longer than its message')
    return bytes.subarray(at - size, at)
  }
  while (at < bytes.byteLength) {
    const key = Number(varint())
    const read = [varint, () => fixed(8), piece, undefined, undefined, () => fixed(4)][key & 7]
    if (read === undefined) throw new Error(`there is no wire type ${key & 7}`)
    fields.push({ number: key >> 3, value: read() })
  }
  return fields
}

/** The pieces of a field that holds messages, text or bytes. */
export function piecesOf(fields: readonly Field[], number: number): Uint8Array[] {
  return fields.flatMap((field) => (field.number === number && field.value instanceof Uint8Array ? [field.value] : []))
}

export function numberOf(fields: readonly Field[], number: number): bigint {
  const found = fields.find((field) => field.number === number)?.value
  return typeof found === 'bigint' ? found : 0n
}

export function textOf(fields: readonly Field[], number: number): string {
  return new TextDecoder().decode(piecesOf(fields, number)[0])
}
