import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  readonly content: string | Uint8Array
  /** What the archive says it unpacks to, when that is a lie. */
  readonly claimedSize?: number
  /** 8: deflated, 0: as it is; others are claims. */
  readonly method?: number
}

/** A zip archive with these files, whatever their names are. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, claimedSize, method = 8 } of entries) {
    const bytes = Buffer.from(content)
    const packed = method === 8 ? deflateRawSync(bytes) : bytes
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(method, 4)
    fields.writeUInt32LE(crc32(bytes), 10)
    fields.writeUInt32LE(packed.byteLength, 14)
    fields.writeUInt32LE(claimedSize ?? bytes.byteLength, 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, place, Buffer.from(name))
    bodies.push(local)
    offset += local.byteLength
  }
  const end = Buffer.alloc(18)
  const directorySize = directory.reduce((sum, { byteLength }) => sum + byteLength, 0)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(directorySize, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...bodies, ...directory, Buffer.from('PK\x05\x06', 'latin1'), end])
}

export type OsvFixture = { readonly id: string } & Readonly<Record<string, unknown>>

/** An export as OSV makes them: `<id>.json` for each record. */
export function osvExport(records: readonly OsvFixture[]): Buffer {
  return zipOf(records.map((record) => ({ name: `${record.id}.json`, content: JSON.stringify(osvRecord(record)) })))
}

/** With what every record has. */
export function osvRecord(record: OsvFixture): OsvFixture {
  return { modified: '2024-01-01T00:00:00Z', published: '2023-01-01T00:00:00Z', ...record }
}

/** What a record says of one package: versions from the beginning, or from another one, to the first fixed one. */
export function affects(ecosystem: string, name: string, fixed?: string, introduced = '0') {
  const events = [{ introduced }, ...(fixed === undefined ? [] : [{ fixed }])]
  const type = ['npm', 'Go', 'crates.io'].includes(ecosystem) ? 'SEMVER' : 'ECOSYSTEM'
  return { package: { ecosystem, name }, ranges: [{ type, events }] }
}
