import { z } from 'zod'
import { PACKAGE_TYPES } from '../../packages/package.ts'
import { factsIn, factsRow } from '../entry-facts.ts'
import { KINDS, type LayerFile, type LayerInventory, type PackageFile } from '../layer-inventory.ts'

/**
 * How the process that reads a layer tells what it found: lines of JSON, so that whoever listens never holds all of it
 * twice. The last line says how it ended; without it nothing counts.
 */
const PACKAGES_A_LINE = 500
const FILES_A_LINE = 200

const name = z.string().max(8192)
const texts = z.array(name)
/** Null: it does not say. */
const seen = z.int().nonnegative().nullable()
const entry = z.tuple([
  name,
  z
    .int()
    .min(0)
    .max(KINDS.length - 1),
  z.number().nonnegative(),
  z.int(),
  name,
  z.tuple([seen, seen, seen, seen]),
])
const foundPackage = z.strictObject({
  type: z.enum(PACKAGE_TYPES),
  name,
  version: name,
  source: z.strictObject({ name, version: name }).exactOptional(),
  arch: name.exactOptional(),
  licenses: texts.exactOptional(),
  qualifiers: z.record(name, name).exactOptional(),
})
const os = z.strictObject({
  id: name.exactOptional(),
  versionId: name.exactOptional(),
  prettyName: name.exactOptional(),
  idLike: texts.exactOptional(),
  apkBranch: name.exactOptional(),
})
const ending = z.strictObject({
  state: z.enum(['complete', 'partial', 'failed']),
  reasons: texts,
  osFiles: z.array(z.strictObject({ path: name, os })).exactOptional(),
  unknownBinaries: texts,
  distributionBinaries: texts.exactOptional(),
})
const line = z.union([
  z.strictObject({ files: z.array(entry) }),
  z.strictObject({ path: name, packages: z.array(foundPackage) }),
  z.strictObject({ ending }),
])

/** The lines of an inventory. */
export function* inventoryLines(inventory: LayerInventory): Generator<string> {
  for (const files of inSlices(inventory.files, FILES_A_LINE)) {
    yield lineOf({
      files: files.map((file) => [
        ...[file.path, KINDS.indexOf(file.kind), file.sizeBytes, file.mode, file.content],
        factsRow(file),
      ]),
    })
  }
  for (const { path, packages } of inventory.packageFiles) {
    if (packages.length === 0) yield lineOf({ path, packages })
    for (const some of inSlices(packages, PACKAGES_A_LINE)) yield lineOf({ path, packages: some })
  }
  const { files: _, packageFiles: __, ...end } = inventory
  yield lineOf({ ending: end })
}

function* inSlices<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}

function lineOf(value: z.infer<typeof line> | object): string {
  return `${JSON.stringify(value)}\n`
}

/** Puts an inventory together from its lines, one by one. */
export class InventoryParser {
  readonly #maxFiles: number
  readonly #files: LayerFile[] = []
  readonly #packageFiles = new Map<string, PackageFile['packages'][number][]>()
  #ending: z.infer<typeof ending> | undefined

  constructor(maxFiles: number) {
    this.#maxFiles = maxFiles
  }

  /** @throws Error when it is no line of an inventory, or comes after the last */
  add(text: string): void {
    if (this.#ending !== undefined) throw new Error('a line after the last')
    const found = line.parse(JSON.parse(text))
    if ('files' in found) {
      for (const [path, kind, sizeBytes, mode, content, facts] of found.files)
        this.#files.push({ path, kind: KINDS[kind] ?? 'other', sizeBytes, mode, content, ...factsIn(facts) })
      if (this.#files.length > this.#maxFiles) throw new Error('more entries than there may be')
    } else if ('path' in found) {
      const before = this.#packageFiles.get(found.path)
      if (before === undefined) this.#packageFiles.set(found.path, found.packages)
      else before.push(...found.packages)
    } else this.#ending = found.ending
  }

  /** Undefined: its last line never came. */
  inventory(): LayerInventory | undefined {
    if (this.#ending === undefined) return undefined
    const packageFiles = [...this.#packageFiles].map(([path, packages]) => ({ path, packages }))
    return { ...this.#ending, packageFiles, files: this.#files }
  }
}
