import { describe, expect, it } from 'bun:test'
import { Database } from 'bun:sqlite'
import { bdbHeaders } from './rpm-bdb.ts'
import { packageOfHeader } from './rpm-header.ts'
import { ndbHeaders } from './rpm-ndb.ts'
import { sqliteHeaders } from './rpm-sqlite-store.ts'

const STRING = 6
const INT32 = 4
type Tag = readonly [tag: number, type: number, value: string | number]

function headerOf(...tags: readonly Tag[]): Buffer {
  const data: Buffer[] = []
  const entries = Buffer.alloc(tags.length * 16)
  let offset = 0
  tags.forEach(([tag, type, value], index) => {
    for (const [place, each] of [tag, type, offset, 1].entries()) entries.writeUInt32BE(each, index * 16 + place * 4)
    const bytes = typeof value === 'string' ? Buffer.from(`${value}\0`) : Buffer.alloc(4)
    if (typeof value === 'number') bytes.writeUInt32BE(value)
    data.push(bytes)
    offset += bytes.length
  })
  const counts = Buffer.alloc(8)
  counts.writeUInt32BE(tags.length, 0)
  counts.writeUInt32BE(offset, 4)
  return Buffer.concat([counts, entries, ...data])
}

const BASH: readonly Tag[] = [
  [1000, STRING, 'bash'],
  [1001, STRING, '5.1'],
  [1002, STRING, '6.el9'],
]

describe('a header', () => {
  it('has what matching needs', () => {
    const header = headerOf(
      ...BASH,
      [1003, INT32, 1],
      [1022, STRING, 'x86_64'],
      [1044, STRING, 'bash-shell-5.1-6.el9.src.rpm'],
      [1014, 9, 'GPLv3+'],
      [5096, STRING, 'm:1:2:c'],
    )
    expect(packageOfHeader(header)).toEqual({
      ...{ type: 'rpm', name: 'bash', version: '1:5.1-6.el9', arch: 'x86_64', licenses: ['GPLv3+'] },
      ...{ source: { name: 'bash-shell', version: '1:5.1-6.el9' }, qualifiers: { modularitylabel: 'm:1:2:c' } },
    })
    expect(packageOfHeader(headerOf(...BASH))).toEqual({ type: 'rpm', name: 'bash', version: '5.1-6.el9' })
    expect(packageOfHeader(headerOf([1000, STRING, 'gpg-pubkey']))).toBe('key')
  })

  it('cut anywhere, or with any byte changed, is no package or another one, and never throws', () => {
    const header = headerOf(...BASH, [1003, INT32, 1], [1044, STRING, 'a-1-1.src.rpm'])
    for (let length = 0; length < header.length; length++)
      expect(packageOfHeader(header.subarray(0, length))).toBeUndefined()
    for (let at = 0; at < header.length; at++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = Buffer.from(header)
        changed[at] = value
        packageOfHeader(changed)
      }
  })
})

function pages(count: number, pageBytes = 512): { file: Buffer; page(index: number): Buffer } {
  const file = Buffer.alloc(count * pageBytes)
  const page = (index: number) => file.subarray(index * pageBytes, (index + 1) * pageBytes)
  page(0).writeUInt32LE(0x061561, 12)
  page(0).writeUInt32LE(pageBytes, 20)
  page(0)[25] = 8
  return { file, page }
}

describe('Berkeley DB', () => {
  function withChain(links: readonly number[]) {
    const { file, page } = pages(6)
    const hash = page(1)
    hash[25] = 13
    hash.writeUInt16LE(2, 20)
    hash.writeUInt16LE(507, 26)
    hash.writeUInt16LE(495, 28)
    hash[507] = 1
    hash[495] = 3
    hash.writeUInt32LE(links[0] ?? 0, 499)
    links.forEach((link, index) => {
      const each = page(link)
      each[25] = 7
      each.writeUInt32LE(links[index + 1] ?? 0, 16)
      each.writeUInt16LE(10, 22)
      each.fill(index + 1, 26, 36)
    })
    return { file, page }
  }

  it('values in chains of pages', () => {
    const { file } = withChain([3, 2, 5])
    const [value, ...more] = [...bdbHeaders(file)]
    expect(Buffer.from(value as Uint8Array).toString('hex')).toBe('01'.repeat(10) + '02'.repeat(10) + '03'.repeat(10))
    expect(more).toEqual([])
  })

  it('in the other byte order', () => {
    const { file, page } = withChain([3, 2])
    for (const each of [12, 20])
      page(0)
        .subarray(each, each + 4)
        .reverse()
    for (const each of [20, 26, 28])
      page(1)
        .subarray(each, each + 2)
        .reverse()
    page(1).subarray(499, 503).reverse()
    for (const link of [2, 3]) {
      page(link).subarray(16, 20).reverse()
      page(link).subarray(22, 24).reverse()
    }
    expect([...bdbHeaders(file)].map((value) => value.length)).toEqual([20])
  })

  it('chains in circles, out of the file, of other pages', () => {
    const circle = withChain([3, 2])
    circle.page(2).writeUInt32LE(3, 16)
    expect([...bdbHeaders(circle.file)]).toEqual(['bad'])
    const outside = withChain([3])
    outside.page(3).writeUInt32LE(77_777, 16)
    expect([...bdbHeaders(outside.file)]).toEqual(['bad'])
    const { file, page } = withChain([3])
    page(3)[25] = 13
    expect([...bdbHeaders(file)]).toContain('bad')
  })

  it('what is none', () => {
    const { file, page } = pages(2)
    page(0).writeUInt32LE(3, 20)
    expect(() => [...bdbHeaders(file)]).toThrow('no size that could be')
    expect(() => [...bdbHeaders(Buffer.alloc(4096))]).toThrow('no hash file')
    expect(() => [...bdbHeaders(Buffer.alloc(10))]).toThrow('no Berkeley DB')
    const encrypted = pages(2)
    encrypted.page(0)[24] = 1
    expect(() => [...bdbHeaders(encrypted.file)]).toThrow('encrypted')
  })
})

describe('ndb', () => {
  function ndb(...blobs: readonly (readonly [block: number, length: number])[]): Buffer {
    const file = Buffer.alloc(4096 + 1024)
    file.write('RpmP', 0, 'latin1')
    file.writeUInt32LE(1, 12)
    for (let at = 32; at < 4096; at += 16) file.write('Slot', at, 'latin1')
    blobs.forEach(([block, length], index) => {
      file.writeUInt32LE(index + 1, 32 + index * 16 + 4)
      file.writeUInt32LE(block, 32 + index * 16 + 8)
      if (block * 16 + 16 > file.length) return
      file.write('BlbS', block * 16, 'latin1')
      file.writeUInt32LE(index + 1, block * 16 + 4)
      file.writeUInt32LE(length, block * 16 + 12)
    })
    return file
  }

  it('each blob that a slot names; lies are bad', () => {
    expect([...ndbHeaders(ndb([256, 100], [270, 50]))].map(({ length }) => length)).toEqual([100, 50])
    expect([...ndbHeaders(ndb([256, 10_000], [2 ** 27, 1], [256, 5]))]).toEqual(['bad', 'bad', expect.any(Uint8Array)])
    expect(() => [...ndbHeaders(Buffer.alloc(64))]).toThrow('no ndb database')
    const outside = ndb()
    outside.writeUInt32LE(9, 12)
    expect(() => [...ndbHeaders(outside)]).toThrow('outside')
  })

  it('the same bytes are not given again and again', () => {
    const file = ndb([256, 1000])
    for (let at = 48; at < 4096; at += 16) file.copy(file, at, 32, 48)
    expect(() => [...ndbHeaders(file)]).toThrow('upon each other')
  })
})

describe('sqlite', () => {
  function databaseOf(...statements: readonly string[]): Uint8Array {
    const database = new Database(':memory:')
    for (const statement of statements) database.run(statement)
    const bytes = database.serialize()
    database.close()
    return bytes
  }
  const TABLE = "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)"

  it('every blob, also of a database that is written by a log', () => {
    const bytes = databaseOf(TABLE, "insert into Packages (blob) values (x'0102'), ('text')")
    expect([...sqliteHeaders(bytes)]).toEqual([Uint8Array.of(1, 2), 'bad'])
    bytes[18] = 2
    bytes[19] = 2
    expect([...sqliteHeaders(bytes)]).toHaveLength(2)
  })

  it('what computes is refused: views, columns, other tables', () => {
    const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select i as hnum, i as blob from n'
    for (const statement of [
      `create view Packages as ${endless}`,
      'create table Packages (hnum integer primary key autoincrement, blob blob generated always as (zeroblob(1000000000)))',
      'create table Packages (hnum integer primary key)',
      'create table Other (blob blob)',
    ])
      expect(() => [...sqliteHeaders(databaseOf(statement))]).toThrow('no table of packages')
  })

  it('damage is an error, not an end of the process', () => {
    const bytes = databaseOf(TABLE, 'insert into Packages (blob) values (randomblob(20000)), (randomblob(20000))')
    expect(() => [...sqliteHeaders(new Uint8Array(0))]).toThrow()
    expect(() => [...sqliteHeaders(Buffer.alloc(5000, 'x'))]).toThrow()
    for (let at = 100; at < bytes.length; at += 97) {
      const damaged = Uint8Array.from(bytes)
      damaged.fill(0xff, at, at + 16)
      try {
        for (const _ of sqliteHeaders(damaged));
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }
  })
})
