import { isDigest } from '../oci/digest.ts'
import { digestOfBytes } from '../registry/running-hashes.ts'
import type { LogRecord } from './records.ts'

export class IndexedRepository {
  /** Where the log has the content of each visible manifest. */
  readonly manifests = new Map<string, number>()
  readonly tags = new Map<string, string>()
  /** Where the log last says of a blob that it came. */
  readonly held = new Map<string, number>()
  /** The same by what they name. */
  readonly #tagsOn = new Map<string, Set<string>>()

  /** Undefined: there is no such tag any more. */
  setTag(tag: string, digest: string | undefined): void {
    const previous = this.tags.get(tag)
    if (previous !== undefined) this.#tagsOn.get(previous)?.delete(tag)
    this.tags.delete(tag)
    if (digest === undefined) return
    this.tags.set(tag, digest)
    const others = this.#tagsOn.get(digest)
    if (others === undefined) this.#tagsOn.set(digest, new Set([tag]))
    else others.add(tag)
  }

  keepTagsOn(digest: string, kept: readonly string[]): void {
    for (const tag of [...(this.#tagsOn.get(digest) ?? [])]) if (!kept.includes(tag)) this.setTag(tag, undefined)
    for (const tag of kept) this.setTag(tag, digest)
  }
}

/** What a log comes to when later lines win; contents stay in the log. */
export class LogIndex {
  readonly repositories = new Map<string, IndexedRepository>()
  readonly projects = new Map<string, boolean>()
  /** Where the log has each small blob. */
  readonly blobs = new Map<string, number>()
  readonly problems: string[] = []

  add(record: LogRecord, place: number): void {
    switch (record.type) {
      case 'reset':
        this.repositories.delete(record.repository)
        break
      case 'manifest':
        this.#addManifest(record, place)
        break
      case 'held':
        for (const digest of record.digests) this.#of(record.repository).held.set(digest, place)
        break
      case 'tag':
        this.#of(record.repository).setTag(record.tag, record.digest)
        break
      case 'tags-on':
        this.#of(record.repository).keepTagsOn(record.digest, record.tags)
        break
      case 'blob':
        if (hasDigest(record)) this.blobs.set(record.digest, place)
        break
      case 'project':
        if (record.public === undefined) this.projects.delete(record.name)
        else this.projects.set(record.name, record.public)
        break
    }
  }

  /** Content that is damaged in the log does not take the place of good one. */
  #addManifest(record: LogRecord & { type: 'manifest' }, place: number): void {
    const { manifests } = this.#of(record.repository)
    if (record.content === undefined) manifests.delete(record.digest)
    else if (hasDigest({ digest: record.digest, content: record.content })) manifests.set(record.digest, place)
    else this.problems.push(`manifest ${record.repository}@${record.digest}: its bytes in the log are damaged`)
  }

  #of(name: string): IndexedRepository {
    let known = this.repositories.get(name)
    if (known === undefined) {
      known = new IndexedRepository()
      this.repositories.set(name, known)
    }
    return known
  }
}

function hasDigest({ digest, content }: { readonly digest: string; readonly content: string }): boolean {
  return isDigest(digest) && digestOfBytes(digest, Buffer.from(content, 'base64')) === digest
}
