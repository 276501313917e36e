import type { FindingsReport } from '../finding.ts'
import type { ImageFacts, ImageInventory, InventoryState } from '../image-inventory.ts'
import { compareFiles, type FileChanges, type FilePage, type Files } from './compare-files.ts'
import { compareFindings, type FindingChanges } from './compare-findings.ts'
import { comparePackages, type PackageChanges } from './compare-packages.ts'

/** One of two images. What is not known of both is not compared. */
export interface ComparedImage {
  readonly inventory: ImageInventory
  /** As `mergeFiles` has them. */
  readonly files?: Files | undefined
  readonly report?: FindingsReport | undefined
}

/** A text of the configuration; absent: there is none. */
export interface FactChange {
  /** `user`, `platform`, `os`, `base.name`, `base.digest`, `created`, `label NAME`. */
  readonly name: string
  readonly before?: string
  readonly after?: string
}

/** What changed from the first image to the second one. */
export interface ImageComparison {
  readonly before: ComparedState
  readonly after: ComparedState
  readonly packages: PackageChanges
  readonly configuration: readonly FactChange[]
  readonly layers: { readonly common: number; readonly removed: number; readonly added: number }
  readonly files?: FileChanges
  readonly vulnerabilities?: FindingChanges
}

/** Where it is not complete, there may be more than what is said here. */
export interface ComparedState {
  readonly digest: string
  readonly state: InventoryState
  readonly reasons: readonly string[]
}

const FIRST_PAGE: FilePage = { after: '', limit: 100 }

/** In time and space that grow with the size of both, and of nothing else. */
export function compareImages(
  before: ComparedImage,
  after: ComparedImage,
  page: FilePage = FIRST_PAGE,
): ImageComparison {
  return {
    before: stateOf(before.inventory),
    after: stateOf(after.inventory),
    packages: comparePackages(before.inventory.packages, after.inventory.packages),
    configuration: compareFacts(before.inventory.facts, after.inventory.facts),
    layers: compareLayers(before.inventory.facts.layers, after.inventory.facts.layers),
    ...(before.files && after.files && { files: compareFiles(before.files, after.files, page) }),
    ...(before.report && after.report && { vulnerabilities: compareFindings(before.report, after.report) }),
  }
}

function stateOf({ digest, state, facts: { reasons } }: ImageInventory): ComparedState {
  return { digest, state, reasons }
}

function compareFacts(before: ImageFacts, after: ImageFacts): FactChange[] {
  const old = textsOf(before)
  const now = textsOf(after)
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)]
    if (was === is) return []
    return { name, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }
  })
}

function textsOf({ user, platform, created, os, base, labels }: ImageFacts): ReadonlyMap<string, string> {
  const distribution = os && (os.prettyName ?? `${os.id} ${os.versionId}`)
  const said: readonly (readonly [string, string | undefined])[] = [
    ...([
      ['user', user],
      ['platform', platform],
      ['created', created],
      ['os', distribution],
    ] as const),
    ...([
      ['base.name', base?.name],
      ['base.digest', base?.digest],
    ] as const),
    ...Object.entries(labels).map(([name, value]) => [`label ${name}`, value] as const),
  ]
  return new Map(said.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
}

function compareLayers(before: readonly string[], after: readonly string[]): ImageComparison['layers'] {
  let common = 0
  while (common < Math.min(before.length, after.length) && before[common] === after[common]) common++
  return { common, removed: before.length - common, added: after.length - common }
}
