import type { Project } from '../access/project-store.ts'
import { selectsRepository } from '../access/repository-selector.ts'
import { findManifestByDigest } from '../metadata/manifests.ts'
import { indexesOf } from '../metadata/manifest-graph.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { readManifest } from '../registry/pull-manifest.ts'
import type { Registry } from '../registry/registry.ts'
import type { FindingsReport } from '../inventory/finding.ts'
import type { SignatureReport } from '../trust/signature-source.ts'
import { canRun, listedIn, readFacts } from './content.ts'
import type { Evidence, Facts, Subject } from './evidence.ts'
import { imagesWithLayer } from './store.ts'

export interface DossierParts {
  readonly registry: () => Registry
  readonly evidence: Evidence
}

/** Of more indexes that list an image nothing is asked. */
const MAX_INDEXES = 32
/** An index of indexes of images: nobody builds deeper. */
const MAX_LEVELS = 3
/** Of an index with more nobody says that nothing in it can be run. */
const MAX_LOOKED_AT = 100

/** So many images with the same first layer are compared. */
const MAX_BASES = 500

function layersOf({ blobs }: Manifest): string[] {
  return blobs.slice(1).map(({ digest }) => digest)
}

function isBeginning(base: readonly string[], layers: readonly string[]): boolean {
  return base.length > 0 && base.length <= layers.length && base.every((digest, at) => digest === layers[at])
}

/** What rules may want to know of one manifest, each thing looked up when the first of them asks, and once. */
export class Dossier {
  readonly subject: Subject
  readonly #parts: DossierParts
  #report: Promise<FindingsReport> | undefined
  #facts: Promise<Facts | undefined> | undefined
  #indexes: Promise<readonly Digest[]> | undefined
  #signatures: Promise<readonly SignatureReport[]> | undefined

  constructor(parts: DossierParts, subject: Subject) {
    this.#parts = parts
    this.subject = subject
  }

  /** Whether anything can run it: what only says something about an image is no image. */
  async canRun(): Promise<boolean> {
    const { spot, manifest } = this.subject
    if (manifest.kind === 'image') return canRun(this.#parts.registry(), spot.repository, manifest)
    return this.#listsRunnable(manifest, MAX_LEVELS)
  }

  async #listsRunnable(index: Manifest, levels: number): Promise<boolean> {
    const listed = listedIn(index)
    if (listed.length !== index.children.length || listed.length > MAX_LOOKED_AT || levels === 0) return true
    for (const digest of listed) {
      const child = await this.#manifestOf(digest)
      // It may come later, from elsewhere.
      if (child === undefined) return true
      const { registry } = this.#parts
      const runs =
        child.kind === 'index'
          ? await this.#listsRunnable(child, levels - 1)
          : await canRun(registry(), this.subject.spot.repository, child)
      if (runs) return true
    }
    return false
  }

  async #manifestOf(digest: Digest): Promise<Manifest | undefined> {
    const registry = this.#parts.registry()
    const head = await findManifestByDigest(registry.database.reader, this.subject.spot.repository, digest)
    return head && parseManifest(await readManifest(registry, head), head.mediaType)
  }

  /** Has it looked into, where somebody waits for that. True: what is missing of it is on its way. */
  async want(bring: boolean): Promise<boolean> {
    if (this.subject.isPulled !== true) return false
    return (await this.#parts.evidence.wanted?.(this.subject, bring)) ?? false
  }

  report(): Promise<FindingsReport> {
    this.#report ??= this.#parts.evidence.findings.reportOf(this.subject.spot, this.subject.digest)
    return this.#report
  }

  /**
   * What its own configuration says, as far as the repository has it, or may have it brought: what is known of the same
   * image elsewhere is not for whoever has nothing but a manifest.
   */
  facts(): Promise<Facts | undefined> {
    const { spot, manifest } = this.subject
    this.#facts ??= readFacts(this.#parts.registry(), spot.repository, manifest)
    return this.#facts
  }

  /** Whether it begins with all layers of an image in such a repository of the project. */
  async isBuiltUpon(project: Pick<Project, 'name'>, repositories: readonly string[]): Promise<boolean> {
    const layers = layersOf(this.subject.manifest)
    const [layer] = layers
    if (layer === undefined || !isDigest(layer)) return false
    const { reader } = this.#parts.registry().database
    const found = await imagesWithLayer(reader, project.name, { layer, limit: MAX_BASES })
    return found.some(
      ({ repository, content }) =>
        repositories.some((pattern) => selectsRepository(pattern, project, repository)) &&
        isBeginning(layersOf(parseManifest(content, undefined)), layers),
    )
  }

  /** Indexes of the repository that list it, also by another index. */
  indexes(): Promise<readonly Digest[]> {
    this.#indexes ??= this.#findIndexes()
    return this.#indexes
  }

  async #findIndexes(): Promise<readonly Digest[]> {
    const { spot, digest } = this.subject
    const found = new Set<Digest>()
    let level: readonly Digest[] = [digest]
    for (let depth = 0; depth < MAX_LEVELS && level.length > 0 && found.size < MAX_INDEXES; depth++) {
      const edges = await indexesOf(this.#parts.registry().database.reader, spot.repositoryId, level)
      const next = new Set(edges.map(({ from }) => from).filter((from) => !found.has(from) && from !== digest))
      for (const each of next) if (found.size < MAX_INDEXES) found.add(each)
      level = [...next].slice(0, MAX_INDEXES)
    }
    return [...found]
  }

  /** Its own, and those of the indexes that list it. */
  signatures(): Promise<readonly SignatureReport[]> {
    this.#signatures ??= this.#readSignatures()
    return this.#signatures
  }

  async #readSignatures(): Promise<readonly SignatureReport[]> {
    const { spot, digest } = this.subject
    const reports: SignatureReport[] = []
    for (const each of [digest, ...(await this.indexes())])
      reports.push(await this.#parts.evidence.signatures.signaturesOf(spot, each))
    return reports
  }
}
