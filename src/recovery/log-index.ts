import { isDigest } from '../oci/digest.ts'
import { digestOfBytes } from '../registry/running-hashes.ts'
import type { LogRecord } from './records.ts'

export interface IndexedRepository {
  /** Where the log has the content of each visible manifest. */
  readonly manifests: Map<string, number>
  readonly tags: Map<string, string>
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
      case 'tag':
        if (record.digest === undefined) this.#of(record.repository).tags.delete(record.tag)
        else this.#of(record.repository).tags.set(record.tag, record.digest)
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
      known = { manifests: new Map(), tags: new Map() }
      this.repositories.set(name, known)
    }
    return known
  }
}

function hasDigest({ digest, content }: { readonly digest: string; readonly content: string }): boolean {
  return isDigest(digest) && digestOfBytes(digest, Buffer.from(content, 'base64')) === digest
}
