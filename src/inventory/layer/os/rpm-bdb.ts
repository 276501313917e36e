/**
 * Berkeley DB's hash files, version 4.x and 5.x as rpm used them (dbinc/db_page.h): pages of entries, whose values are
 * mostly so large that they lie in chains of pages of their own. In the byte order of the machine that wrote them.
 */
const MAGIC = 0x061561
const META_BYTES = 72
const PAGE_HEADER_BYTES = 26
const META_PAGE = 8
const HASH_PAGES = [2, 13]
const OVERFLOW_PAGE = 7
const IN_PLACE = 1
const ELSEWHERE = 3

interface Database {
  readonly view: DataView
  readonly little: boolean
  readonly pageBytes: number
  readonly pages: number
}

/** The header of each package; `bad` for one that is broken. @throws Error when it is no such database */
export function* bdbHeaders(file: Uint8Array): Generator<Uint8Array | 'bad'> {
  const database = openDatabase(new DataView(file.buffer, file.byteOffset, file.length))
  // A page belongs to one value in a good file; in a bad one a chain could be walked for ever.
  const taken = new Set<number>()
  for (let page = 0; page < database.pages; page++) {
    for (const value of valuesOf(database, page))
      yield typeof value === 'object' ? value : chain(database, value, taken)
  }
}

function openDatabase(view: DataView): Database {
  if (view.byteLength < META_BYTES) throw new Error('it is no Berkeley DB')
  const little = view.getUint32(12, true) === MAGIC
  if (!little && view.getUint32(12) !== MAGIC) throw new Error('it is no hash file of Berkeley DB')
  const pageBytes = view.getUint32(20, little)
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0)
    throw new Error('its pages have no size that could be')
  if (view.getUint8(24) !== 0) throw new Error('it is encrypted')
  if (view.getUint8(25) !== META_PAGE) throw new Error('it does not begin as a hash file of Berkeley DB')
  return { view, little, pageBytes, pages: Math.floor(view.byteLength / pageBytes) }
}

/** Each value that lies in this page, or the page that its chain begins at. */
function* valuesOf(database: Database, page: number): Generator<Uint8Array | number> {
  const { view, little, pageBytes } = database
  const start = page * pageBytes
  if (!HASH_PAGES.includes(view.getUint8(start + 25))) return
  const count = view.getUint16(start + 20, little)
  if (PAGE_HEADER_BYTES + count * 2 > pageBytes) return
  let end = pageBytes
  for (let index = 0; index < count; index++) {
    const offset = view.getUint16(start + PAGE_HEADER_BYTES + index * 2, little)
    if (offset < PAGE_HEADER_BYTES || offset >= end) return
    // Keys and values take turns. Each lies right before the one that came before it.
    if (index % 2 === 1) yield* valueAt(database, start + offset, end - offset)
    end = offset
  }
}

/** The smallest one is no package but the number that the next one will get. */
function* valueAt({ view, little }: Database, start: number, length: number): Generator<Uint8Array | number> {
  const kind = view.getUint8(start)
  if (kind === ELSEWHERE && length >= 12) yield view.getUint32(start + 4, little)
  if (kind === IN_PLACE && length > 16) yield new Uint8Array(view.buffer, view.byteOffset + start + 1, length - 1)
}

function chain({ view, little, pageBytes, pages }: Database, first: number, taken: Set<number>): Uint8Array | 'bad' {
  const parts: Uint8Array[] = []
  for (let page = first; page !== 0; page = view.getUint32(page * pageBytes + 16, little)) {
    if (page >= pages || taken.has(page)) return 'bad'
    taken.add(page)
    const start = page * pageBytes
    const length = view.getUint16(start + 22, little)
    if (view.getUint8(start + 25) !== OVERFLOW_PAGE || length > pageBytes - PAGE_HEADER_BYTES) return 'bad'
    parts.push(new Uint8Array(view.buffer, view.byteOffset + start + PAGE_HEADER_BYTES, length))
  }
  return Buffer.concat(parts)
}
