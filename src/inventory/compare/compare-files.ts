import type { LayerFile } from '../layer-inventory.ts'

export interface FileState extends Pick<LayerFile, 'kind' | 'sizeBytes' | 'mode' | 'uid' | 'gid'> {
  /** Where a link leads. */
  readonly link?: string
  /** Of a file's content, the first digits of its SHA-256. */
  readonly hash?: string
}

export const CHANGES = ['added', 'removed', 'changed'] as const

export interface FileChange {
  readonly path: string
  readonly change: (typeof CHANGES)[number]
  readonly before?: FileState
  readonly after?: FileState
}

export interface ChangedFiles {
  readonly count: number
  /** Of those that were added, what they have; of those that were removed, what they had; of others, what they have. */
  readonly bytes: number
}

export interface FileChanges {
  readonly added: ChangedFiles
  readonly removed: ChangedFiles
  readonly changed: ChangedFiles
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** By path. */
  readonly items: readonly FileChange[]
  /** The last path of the page, when there are more after it. */
  readonly next?: string
}

export interface FilePage {
  /** Only paths after this one. */
  readonly after: string
  readonly limit: number
  /** Only what is in this folder, at any depth; totals are of that too, as they are of what follows. */
  readonly folder?: string | undefined
  /** Only paths that have this, in either case of letters. */
  readonly q?: string | undefined
  /** Only what is of this kind in one of both images. */
  readonly kind?: LayerFile['kind'] | undefined
  /** Only items of this change. */
  readonly change?: FileChange['change'] | undefined
}

export type Files = ReadonlyMap<string, LayerFile>

/** Of files as `mergeFiles` has them; a folder that only its times tell apart is the same. */
export function compareFiles(before: Files, after: Files, page: FilePage): FileChanges {
  const totals = { added: new Total(), removed: new Total(), changed: new Total() }
  const items = new FirstOnes(page.limit + 1)
  const isMeant = filterOf(page)
  const note = (change: FileChange['change'], old: LayerFile | undefined, now: LayerFile | undefined) => {
    const file = now ?? old
    if (file === undefined || !isMeant(file.path, old, now)) return
    totals[change].add(file.sizeBytes)
    if (file.path > page.after && (page.change ?? change) === change) items.add({ path: file.path, change, old, now })
  }
  for (const [path, file] of after) {
    const old = before.get(path)
    if (old === undefined) note('added', undefined, file)
    else if (!isSame(old, file)) note('changed', old, file)
  }
  for (const [path, file] of before) if (!after.has(path)) note('removed', file, undefined)
  const found = items.sorted()
  const shown = found.slice(0, page.limit).map(toChange)
  const last = shown.at(-1)
  return {
    ...{ added: totals.added.total, removed: totals.removed.total, changed: totals.changed.total },
    ...{ bytesBefore: bytesOf(before), bytesAfter: bytesOf(after), items: shown },
    ...(found.length > page.limit && last !== undefined ? { next: last.path } : {}),
  }
}

function filterOf({ folder, q, kind }: FilePage) {
  const start = folder === undefined || folder === '' ? '' : `${folder}/`
  const wanted = q?.toLowerCase()
  return (path: string, old: LayerFile | undefined, now: LayerFile | undefined): boolean =>
    path.startsWith(start) &&
    (wanted === undefined || path.toLowerCase().includes(wanted)) &&
    (kind === undefined || old?.kind === kind || now?.kind === kind)
}

class Total {
  #count = 0
  #bytes = 0

  add(sizeBytes: number): void {
    this.#count += 1
    this.#bytes += sizeBytes
  }

  get total(): ChangedFiles {
    return { count: this.#count, bytes: this.#bytes }
  }
}

interface Difference {
  readonly path: string
  readonly change: FileChange['change']
  readonly old: LayerFile | undefined
  readonly now: LayerFile | undefined
}

function toChange({ path, change, old, now }: Difference): FileChange {
  return { path, change, ...(old && { before: stateOf(old) }), ...(now && { after: stateOf(now) }) }
}

/** The first so many by path, of any number: sorting them all would cost more than comparing. */
class FirstOnes {
  readonly #most: number
  #items: Difference[] = []

  constructor(most: number) {
    this.#most = most
  }

  add(item: Difference): void {
    this.#items.push(item)
    if (this.#items.length >= 2 * this.#most + 1000) this.#items = this.sorted()
  }

  sorted(): Difference[] {
    return this.#items.sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, this.#most)
  }
}

function isSame(a: LayerFile, b: LayerFile): boolean {
  if (a === b) return true
  if (a.uid !== b.uid || a.gid !== b.gid) return false
  return a.kind === b.kind && a.mode === b.mode && a.sizeBytes === b.sizeBytes && a.content === b.content
}

function stateOf({ kind, sizeBytes, mode, uid, gid, content }: LayerFile): FileState {
  return {
    kind,
    sizeBytes,
    mode,
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(kind === 'link' && { link: content }),
    ...(kind === 'file' && { hash: content }),
  }
}

function bytesOf(files: Files): number {
  let bytes = 0
  for (const { sizeBytes } of files.values()) bytes += sizeBytes
  return bytes
}
