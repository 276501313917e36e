import type { LayerFile } from '../layer-inventory.ts'

export interface FileState {
  readonly kind: LayerFile['kind']
  readonly sizeBytes: number
  readonly mode: number
}

export interface FileChange {
  readonly path: string
  readonly change: 'added' | 'removed' | 'changed'
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
}

export type Files = ReadonlyMap<string, LayerFile>

/** Of files as `mergeFiles` has them; a folder that only its times tell apart is the same. */
export function compareFiles(before: Files, after: Files, page: FilePage): FileChanges {
  const totals = { added: new Total(), removed: new Total(), changed: new Total() }
  const items = new FirstOnes(page.limit + 1)
  const note = (item: FileChange, sizeBytes: number) => {
    totals[item.change].add(sizeBytes)
    if (item.path > page.after) items.add(item)
  }
  for (const [path, file] of after) {
    const old = before.get(path)
    if (old === undefined) note({ path, change: 'added', after: stateOf(file) }, file.sizeBytes)
    else if (!isSame(old, file))
      note({ path, change: 'changed', before: stateOf(old), after: stateOf(file) }, file.sizeBytes)
  }
  for (const [path, file] of before)
    if (!after.has(path)) note({ path, change: 'removed', before: stateOf(file) }, file.sizeBytes)
  const found = items.sorted()
  const shown = found.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    ...{ added: totals.added.total, removed: totals.removed.total, changed: totals.changed.total },
    ...{ bytesBefore: bytesOf(before), bytesAfter: bytesOf(after), items: shown },
    ...(found.length > page.limit && last !== undefined ? { next: last.path } : {}),
  }
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

/** The first so many by path, of any number: sorting them all would cost more than comparing. */
class FirstOnes {
  readonly #most: number
  #items: FileChange[] = []

  constructor(most: number) {
    this.#most = most
  }

  add(item: FileChange): void {
    this.#items.push(item)
    if (this.#items.length >= 2 * this.#most + 1000) this.#items = this.sorted()
  }

  sorted(): FileChange[] {
    return this.#items.sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, this.#most)
  }
}

function isSame(a: LayerFile, b: LayerFile): boolean {
  if (a === b) return true
  return a.kind === b.kind && a.mode === b.mode && a.sizeBytes === b.sizeBytes && a.content === b.content
}

function stateOf({ kind, sizeBytes, mode }: LayerFile): FileState {
  return { kind, sizeBytes, mode }
}

function bytesOf(files: Files): number {
  let bytes = 0
  for (const { sizeBytes } of files.values()) bytes += sizeBytes
  return bytes
}
