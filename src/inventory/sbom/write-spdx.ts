import { createHash } from 'node:crypto'
import type { ImageInventory } from '../image-inventory.ts'
import {
  caveatOf,
  clean,
  type Component,
  componentsOf,
  hexOf,
  imagePurl,
  type SbomOptions,
  timeOf,
  TOOL,
  uuidOf,
} from './document.ts'

export const SPDX_MEDIA_TYPE = 'application/spdx+json'

const IMAGE = 'SPDXRef-Image'
const OPERATING_SYSTEM = 'SPDXRef-OperatingSystem'
const UNSAID = 'NOASSERTION'

/** A licence that SPDX has no name for, as the package writes it. */
interface OwnLicense {
  readonly licenseId: string
  readonly name: string
  readonly extractedText: string
}

/** SPDX 2.3, JSON. The same inventory gives the same bytes. */
export function writeSpdx(inventory: ImageInventory, options: SbomOptions): Uint8Array {
  const components = componentsOf(inventory)
  const own = new Map<string, OwnLicense>()
  const body = {
    creationInfo: {
      created: timeOf(inventory.analyzedAt),
      creators: [`Tool: ${TOOL}-${options.toolVersion}`],
    },
    comment: caveatOf(inventory) ?? 'Read from the layers of the image; everything in it was understood.',
    packages: [imageOf(inventory, options), ...osOf(inventory), ...components.map((each) => packageOf(each, own))],
    relationships: relationshipsOf(inventory, components),
    hasExtractedLicensingInfos: [...own.values()].sort((a, b) => (a.licenseId < b.licenseId ? -1 : 1)),
  }
  const name = `${options.repository}@${inventory.digest}`
  const uuid = uuidOf(inventory.digest, JSON.stringify(body))
  const document = {
    ...{ spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0', SPDXID: 'SPDXRef-DOCUMENT', name },
    // A name and not an address: nobody has to find anything there.
    documentNamespace: `urn:uuid:${uuid}`,
    ...body,
  }
  return Buffer.from(JSON.stringify(document))
}

/** What nobody looked at. */
const NOTHING_SAID = { downloadLocation: UNSAID, filesAnalyzed: false, copyrightText: UNSAID, supplier: UNSAID }

function imageOf(inventory: ImageInventory, options: SbomOptions) {
  const { digest, facts } = inventory
  const algorithm = digest.startsWith('sha512:') ? 'SHA512' : 'SHA256'
  return {
    ...{ SPDXID: IMAGE, name: options.repository, versionInfo: digest, ...NOTHING_SAID },
    ...{ licenseConcluded: UNSAID, licenseDeclared: UNSAID },
    primaryPackagePurpose: 'CONTAINER',
    checksums: [{ algorithm, checksumValue: hexOf(digest) }],
    externalRefs: [purlReference(imagePurl(inventory, options))],
    comment: `Layers: ${facts.layers.join(', ')}`,
  }
}

function osOf({ facts: { os } }: ImageInventory) {
  if (os === undefined) return []
  return [
    {
      ...{ SPDXID: OPERATING_SYSTEM, name: clean(os.id), versionInfo: clean(os.versionId), ...NOTHING_SAID },
      ...{ licenseConcluded: UNSAID, licenseDeclared: UNSAID },
      primaryPackagePurpose: 'OPERATING_SYSTEM',
      ...(os.prettyName !== undefined && { summary: clean(os.prettyName) }),
    },
  ]
}

function packageOf(component: Component, own: Map<string, OwnLicense>) {
  const { purl, package: each, paths, layers } = component
  const source = each.source === undefined ? '' : `built from ${each.source.name} ${each.source.version}; `
  return {
    ...{ SPDXID: idOf(component), name: clean(each.name), versionInfo: clean(each.version), ...NOTHING_SAID },
    sourceInfo: `${clean(source)}found in ${paths.join(', ')}; of layer ${layers.join(', ')}`,
    ...{ licenseConcluded: UNSAID, licenseDeclared: declaredOf(component, own) },
    externalRefs: [purlReference(purl)],
  }
}

function purlReference(purl: string) {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }
}

function idOf({ purl, package: { type } }: Component): string {
  return `SPDXRef-Package-${type}-${hash(purl)}`
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20)
}

/** Several are all said to hold: whether one may be chosen is not known. */
function declaredOf({ licenses: { expressions, names } }: Component, own: Map<string, OwnLicense>): string {
  const terms = [...expressions, ...names.map((name) => ownLicense(name, own).licenseId)]
  const [first] = terms
  if (first === undefined) return UNSAID
  return terms.length === 1 ? first : terms.map((term) => (term.includes(' ') ? `(${term})` : term)).join(' AND ')
}

/** Its identifier holds letters, digits, "-" and "." only, so the name alone would not do. */
function ownLicense(name: string, own: Map<string, OwnLicense>): OwnLicense {
  const readable = name.replace(/[^A-Za-z0-9.]+/g, '-').slice(0, 40)
  const licenseId = `LicenseRef-${readable}-${hash(name)}`
  const made = { licenseId, name: clean(name), extractedText: `The package says: ${clean(name)}` }
  own.set(licenseId, made)
  return made
}

function relationshipsOf({ facts: { os } }: ImageInventory, components: readonly Component[]) {
  const contained = [...(os === undefined ? [] : [OPERATING_SYSTEM]), ...components.map(idOf)]
  return [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: IMAGE },
    ...contained.map((id) => ({ spdxElementId: IMAGE, relationshipType: 'CONTAINS', relatedSpdxElement: id })),
  ]
}
