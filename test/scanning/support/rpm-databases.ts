import { Database } from 'bun:sqlite'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './real-content.ts'

/** The header of each package, out of rpm's own database. */
export function rpmHeaders(root: string): Uint8Array[] {
  const database = new Database(join(root, 'var/lib/rpm/rpmdb.sqlite'), { readonly: true })
  try {
    return database
      .query<{ blob: Uint8Array }, []>('select blob from Packages order by hnum')
      .all()
      .map(({ blob }) => blob)
  } finally {
    database.close()
  }
}

/** The same packages in the form that rpm had until 2020, written by Berkeley DB itself. */
export function writeBerkeleyDb(headers: readonly Uint8Array[], target: string): void {
  const number = (value: number) => Buffer.from(Uint32Array.of(value).buffer).toString('hex')
  const rows = headers.flatMap((header, index) => [number(index + 1), Buffer.from(header).toString('hex')])
  const lines = ['VERSION=3', 'format=bytevalue', 'type=hash', 'db_pagesize=4096', 'HEADER=END']
  const all = [number(0), number(headers.length), ...rows].map((text) => ` ${text}`)
  writeFileSync(`${target}.dump`, `${[...lines, ...all, 'DATA=END'].join('\n')}\n`)
  run('db5.3_load', '-f', `${target}.dump`, target)
}

/**
 * The same packages in the form of openSUSE's rpm. Debian's rpm cannot write it, so this is made after rpm's sources
 * (lib/backend/ndb/rpmpkg.c): a page of slots, then blobs with a head and a tail.
 */
export function ndbOf(headers: readonly Uint8Array[]): Buffer {
  const pages = Math.ceil((headers.length + 2) / 256)
  const slots = Buffer.alloc(pages * 4096)
  slots.write('RpmP', 0, 'latin1')
  slots.writeUInt32LE(7, 8)
  slots.writeUInt32LE(pages, 12)
  slots.writeUInt32LE(headers.length + 1, 16)
  for (let at = 32; at < slots.length; at += 16) slots.write('Slot', at, 'latin1')
  const blobs: Buffer[] = []
  let block = slots.length / 16
  headers.forEach((header, index) => {
    const padded = Math.ceil((16 + header.length + 12) / 16) * 16
    const blob = Buffer.alloc(padded)
    blob.write('BlbS', 0, 'latin1')
    blob.writeUInt32LE(index + 1, 4)
    blob.writeUInt32LE(7, 8)
    blob.writeUInt32LE(header.length, 12)
    blob.set(header, 16)
    blob.write('BlbE', padded - 4, 'latin1')
    const slot = 32 + index * 16
    slots.writeUInt32LE(index + 1, slot + 4)
    slots.writeUInt32LE(block, slot + 8)
    slots.writeUInt32LE(padded / 16, slot + 12)
    block += padded / 16
    blobs.push(blob)
  })
  return Buffer.concat([slots, ...blobs])
}
