import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipFile {
  readonly name: string
  readonly content: Uint8Array | string
  /** What the list says the size is, where that is a lie. */
  readonly saysBytes?: number
  /** 8: deflated, 0: as it is; others are claims. */
  readonly method?: number
}

/** A zip archive, as build tools write them: entries, their list, its end. */
export function zip(files: readonly ZipFile[]): Buffer {
  const entries: Buffer[] = []
  const list: Buffer[] = []
  let at = 0
  for (const { name, content, saysBytes, method = 8 } of files) {
    const raw = Buffer.from(content)
    const packed = method === 8 ? deflateRawSync(raw) : raw
    const about = Buffer.alloc(26)
    about.writeUInt16LE(20, 0)
    about.writeUInt16LE(method, 4)
    about.writeUInt32LE(crc32(raw), 10)
    about.writeUInt32LE(packed.byteLength, 14)
    about.writeUInt32LE(saysBytes ?? raw.byteLength, 18)
    about.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), about, Buffer.from(name), packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(at, 10)
    list.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), about, tail, Buffer.from(name)]))
    entries.push(local)
    at += local.byteLength
  }
  const listed = Buffer.concat(list)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(listed.byteLength, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...entries, listed, end])
}
