import { createHash } from 'node:crypto'
import type { Package } from '../../packages/package.ts'
import { purlOf } from '../../packages/package-purl.ts'
import { formatPurl } from '../../packages/purl.ts'
import type { FindingsReport } from '../finding.ts'
import type { ImageInventory, LocatedPackage } from '../image-inventory.ts'
import { type SaidLicenses, sortLicenses } from './licenses.ts'

/** What a bill of materials says besides what is in the image. */
export interface SbomOptions {
  readonly repository: string
  /** `HOST[:PORT]` by which clients know this registry; absent: nothing is said of it. */
  readonly registryHost?: string | undefined
  /** Of this program. */
  readonly toolVersion: string
}

export interface CycloneDxOptions extends SbomOptions {
  /** Its findings become the document's vulnerabilities, those that were judged with their analysis. */
  readonly report?: FindingsReport | undefined
}

export const TOOL = 'berth'

/** A package once, wherever it lies. */
export interface Component {
  readonly purl: string
  readonly package: Package
  readonly licenses: SaidLicenses
  /** By path. */
  readonly paths: readonly string[]
  readonly layers: readonly string[]
}

/** By purl, whatever the order of the inventory. */
export function componentsOf({ packages, facts }: ImageInventory): Component[] {
  const groups = new Map<string, LocatedPackage[]>()
  for (const each of packages) {
    const purl = purlOf(each, facts.os)
    const group = groups.get(purl)
    if (group === undefined) groups.set(purl, [each])
    else group.push(each)
  }
  return [...groups]
    .sort(([a], [b]) => compareTexts(a, b))
    .flatMap(([purl, group]) => {
      const [first] = group.sort((a, b) => compareTexts(a.path, b.path) || compareTexts(a.layer, b.layer))
      if (first === undefined) return []
      return {
        ...{ purl, package: first, licenses: sortLicenses(group.flatMap(({ licenses = [] }) => licenses)) },
        paths: distinct(group.map(({ path }) => clean(path))),
        layers: distinct(group.map(({ layer }) => layer)),
      }
    })
}

/** By code units: the same everywhere, whatever the locale. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}

const MAX_CHARACTERS = 4096

/** Of an image: no control characters, no halves of characters, no end of it. */
export function clean(text: string): string {
  return text
    .slice(0, MAX_CHARACTERS)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\ufffd')
}

/** `pkg:oci/…` of the purl specification: the last part of its name, the digest, and where it is. */
export function imagePurl({ digest, facts }: ImageInventory, { repository, registryHost }: SbomOptions): string {
  const name = repository.slice(repository.lastIndexOf('/') + 1)
  const arch = facts.platform?.split('/')[1] ?? ''
  const repository_url = registryHost === undefined ? '' : `${registryHost}/${repository}`
  return formatPurl({ type: 'oci', name, version: digest, qualifiers: { arch: clean(arch), repository_url } })
}

/** The same document has the same name, and another one has another: a UUID of version 8 (RFC 9562 §5.8). */
export function uuidOf(...texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text.length}:`).update(text)
  const bytes = hash.digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** RFC 3339 without fractions, which SPDX does not take. */
export function timeOf(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** Hexadecimal, without the algorithm. */
export function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/** What a reader must not take for more than it is; undefined: everything was understood. */
export function caveatOf({ state, facts }: ImageInventory): string | undefined {
  if (state === 'complete') return undefined
  const reasons = facts.reasons.length === 0 ? '' : `: ${facts.reasons.map(clean).join('; ')}`
  return `${CAVEATS[state]}${reasons}`
}

const CAVEATS = {
  partial: 'Incomplete: not all of the image was understood',
  unsupported:
    'Incomplete: nothing in the image is of a kind that is understood, which does not mean that nothing is in it',
  failed: 'Incomplete: the image could not be read',
}
