import { isObject, type JsonObject } from '../../oci/strict-json.ts'
import { ReadComponents, type SbomContent, shownTool } from './read-components.ts'

const MAX_REFERENCES = 1000
const MAX_CREATORS = 100
const NO_LICENSE = ['NOASSERTION', 'NONE']

/** https://spdx.github.io/spdx-spec/v2.3/package-information/ */
export function readSpdx(document: JsonObject): SbomContent {
  const components = new ReadComponents()
  const packages: readonly unknown[] = Array.isArray(document.packages) ? document.packages : []
  const images = described(document)
  let cut = false
  for (const one of packages) {
    if (!isObject(one)) continue
    const purl = purlOf(one.externalRefs)
    // The image that the document is about, systems and files are no packages, unless they say which.
    if (purl === undefined && (images.has(one.SPDXID) || !isLibrary(one.primaryPackagePurpose))) continue
    if (purl?.startsWith('pkg:oci/') && images.has(one.SPDXID)) continue
    cut = !components.add({ purl, licenses: licensesOf(one) })
    if (cut) break
  }
  return components.content(toolOf(document.creationInfo), cut)
}

/** Absent until SPDX 2.3. */
function isLibrary(purpose: unknown): boolean {
  return purpose === undefined || purpose === 'LIBRARY' || purpose === 'FRAMEWORK'
}

/** What the document is about. */
function described({ documentDescribes, relationships }: JsonObject): ReadonlySet<unknown> {
  const named: readonly unknown[] = Array.isArray(documentDescribes) ? documentDescribes : []
  const related: readonly unknown[] = Array.isArray(relationships) ? relationships : []
  return new Set([
    ...named,
    ...related
      .filter((one) => isObject(one) && one.relationshipType === 'DESCRIBES')
      .map((one) => (isObject(one) ? one.relatedSpdxElement : undefined)),
  ])
}

function purlOf(references: unknown): string | undefined {
  if (!Array.isArray(references)) return undefined
  for (const reference of references.slice(0, MAX_REFERENCES))
    if (isObject(reference) && reference.referenceType === 'purl' && typeof reference.referenceLocator === 'string')
      return reference.referenceLocator
  return undefined
}

/** What its makers declare before what somebody concluded from its files. */
function licensesOf({ licenseDeclared, licenseConcluded }: JsonObject): string[] {
  const said = [licenseDeclared, licenseConcluded].filter((text) => typeof text === 'string')
  return said.filter((text) => !NO_LICENSE.includes(text)).slice(0, 1)
}

/** `Tool: syft-1.20.0` */
function toolOf(creation: unknown): string | undefined {
  const creators: readonly unknown[] = isObject(creation) && Array.isArray(creation.creators) ? creation.creators : []
  for (const creator of creators.slice(0, MAX_CREATORS))
    if (typeof creator === 'string' && creator.startsWith('Tool:')) return shownTool(creator.slice(5).trim())
  return undefined
}
