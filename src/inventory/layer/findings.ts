import { formatByteSize } from '../../lib/byte-size.ts'
import type { OsRelease, Package } from '../../packages/package.ts'
import type { Analysis } from '../analyzer.ts'
import type { LayerFile, LayerInventory, LayerState } from '../layer-inventory.ts'
import { cleanPackage } from './clean-package.ts'
import { Reasons } from './reasons.ts'
import { LimitError } from './stopped.ts'

const MAX_UNKNOWN = 1000
/** The largest distributions have some thousands of programs. */
const MAX_OF_DISTRIBUTION = 20_000
/** What a row costs besides its texts, roughly. */
const ROW_BYTES = 64

/** What was found in a layer so far. Of two entries of one path the later is the one that stays. */
export class Findings {
  readonly reasons = new Reasons()
  readonly #maxBytes: number
  readonly #files = new Map<string, LayerFile>()
  readonly #gone: LayerFile[] = []
  readonly #packages = new Map<string, readonly Package[]>()
  readonly #os = new Map<string, Partial<OsRelease>>()
  readonly #unknown = new Set<string>()
  readonly #ofDistribution = new Set<string>()
  #bytes = 0
  #refused = 0
  #missedLinks = 0
  #incomplete = false

  /** A process that was given that much memory tells no more than a share of it. */
  constructor(memoryBytes: number) {
    this.#maxBytes = memoryBytes / 8
  }

  get isEmpty(): boolean {
    return this.#files.size === 0 && this.#gone.length === 0
  }

  file(path: string): LayerFile | undefined {
    return this.#files.get(path)
  }

  packagesOf(path: string): readonly Package[] | undefined {
    return this.#packages.get(path)
  }

  /** @throws LimitError */
  addFile(file: LayerFile): void {
    this.#weigh(file.path.length + file.content.length + ROW_BYTES)
    this.#packages.delete(file.path)
    this.#os.delete(file.path)
    this.#unknown.delete(file.path)
    this.#ofDistribution.delete(file.path)
    this.#files.set(file.path, file)
  }

  /** A whiteout, which speaks of lower layers only. @throws LimitError */
  addGone(path: string, kind: 'removed' | 'opaque'): void {
    this.#weigh(path.length + ROW_BYTES)
    this.#gone.push({ path, kind, sizeBytes: 0, mode: 0, content: '' })
  }

  /** @throws LimitError */
  addAnalysis(path: string, { packages, os, unknown, ofDistribution, reason }: Analysis): void {
    if (packages !== undefined) this.addPackages(path, packages)
    if (os !== undefined) this.#os.set(path, { ...this.#os.get(path), ...os })
    if (unknown === true) this.#addProgram(this.#unknown, path, MAX_UNKNOWN)
    if (ofDistribution === true) this.#addProgram(this.#ofDistribution, path, MAX_OF_DISTRIBUTION)
    if (reason !== undefined) this.missed(`${path}: ${reason}`)
  }

  /** @throws LimitError */
  addPackages(path: string, packages: readonly Package[]): void {
    const clean = packages.map(cleanPackage).filter((found) => found !== undefined)
    if (clean.length < packages.length) this.missed(`${path}: some packages have no name or version that could be`)
    for (const found of clean) this.#weigh(JSON.stringify(found).length)
    this.#packages.set(path, [...(this.#packages.get(path) ?? []), ...clean])
  }

  /** Another name for a program of which nothing is known. @throws LimitError */
  addProgramLink(target: string, path: string): void {
    if (this.#unknown.has(target)) this.#addProgram(this.#unknown, path, MAX_UNKNOWN)
    if (this.#ofDistribution.has(target)) this.#addProgram(this.#ofDistribution, path, MAX_OF_DISTRIBUTION)
  }

  /** Those that are not named any more could outlive those that are. */
  #addProgram(programs: Set<string>, path: string, most: number): void {
    if (programs.size >= most) {
      this.missed(`there are more than ${most} programs of which nothing is known`)
      return
    }
    this.#weigh(path.length)
    programs.add(path)
  }

  /** Something of the layer is not known. */
  missed(reason: string): void {
    this.#incomplete = true
    this.reasons.add(reason)
  }

  refused(): void {
    this.#refused++
  }

  /** A second name, of interest, for a file whose bytes went by. */
  missedLink(path: string): void {
    if (this.#missedLinks++ === 0) this.missed(`${path} is a hard link to a file that nobody looked into before`)
  }

  inventory(ending: LayerState): LayerInventory {
    if (this.#refused > 0)
      this.missed(`${this.#refused} entries have names that no system unpacks, or that lead outside`)
    if (this.#missedLinks > 1) this.missed(`${this.#missedLinks - 1} more hard links of that kind`)
    const osFiles = [...this.#os].map(([path, os]) => ({ path, os }))
    const distributionBinaries = [...this.#ofDistribution]
    return {
      state: ending === 'complete' && this.#incomplete ? 'partial' : ending,
      reasons: this.reasons.list(),
      ...(osFiles.length === 0 ? {} : { osFiles }),
      packageFiles: [...this.#packages].map(([path, packages]) => ({ path, packages })),
      unknownBinaries: [...this.#unknown],
      ...(distributionBinaries.length === 0 ? {} : { distributionBinaries }),
      files: [...this.#gone, ...this.#files.values()],
    }
  }

  #weigh(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= this.#maxBytes) return
    const size = formatByteSize(this.#maxBytes)
    throw new LimitError(`stopped because its names alone take more than ${size}: scanning.limits.memory`)
  }
}
