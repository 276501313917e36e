import type { ImageInventory } from '../image-inventory.ts'
import { vulnerabilitiesOf } from './cyclonedx-vulnerabilities.ts'
import {
  caveatOf,
  clean,
  type Component,
  componentsOf,
  type CycloneDxOptions,
  hexOf,
  imagePurl,
  timeOf,
  TOOL,
  uuidOf,
} from './document.ts'
import { isIdentifier, type SaidLicenses } from './licenses.ts'

export const CYCLONEDX_MEDIA_TYPE = 'application/vnd.cyclonedx+json'

const OPERATING_SYSTEM = 'operating-system'
const OS_TYPES = ['deb', 'apk', 'rpm']

/**
 * CycloneDX 1.6, JSON. The same inventory and the same findings give the same bytes. Written by hand: of its library the
 * list of licences is used, and the schema by which tests judge this.
 */
export function writeCycloneDx(inventory: ImageInventory, options: CycloneDxOptions): Uint8Array {
  const components = componentsOf(inventory)
  const root = imagePurl(inventory, options)
  const body = {
    metadata: metadataOf(inventory, options, root),
    components: [...osOf(inventory), ...components.map(componentOf)],
    dependencies: dependenciesOf(inventory, components, root),
    compositions: [
      { aggregate: inventory.state === 'complete' ? 'complete' : 'incomplete', assemblies: [root] },
      // What packages need of each other is not looked at.
      { aggregate: 'unknown', dependencies: components.map(({ purl }) => purl) },
    ],
    ...(options.report && { vulnerabilities: vulnerabilitiesOf(options.report.findings, components) }),
  }
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6' },
    serialNumber: `urn:uuid:${uuidOf(inventory.digest, JSON.stringify(body))}`,
    version: 1,
    ...body,
  }
  return Buffer.from(JSON.stringify(document))
}

function metadataOf(inventory: ImageInventory, { repository, toolVersion, report }: CycloneDxOptions, root: string) {
  const { digest, facts, analyzedAt } = inventory
  return {
    timestamp: timeOf(analyzedAt),
    tools: { components: [{ type: 'application', name: TOOL, version: toolVersion }] },
    component: {
      ...{ type: 'container', 'bom-ref': root, name: repository, version: digest, purl: root },
      hashes: [{ alg: digest.startsWith('sha512:') ? 'SHA-512' : 'SHA-256', content: hexOf(digest) }],
    },
    properties: [
      property('state', inventory.state),
      ...facts.reasons.map((reason) => property('reason', clean(reason))),
      ...(facts.platform === undefined ? [] : [property('platform', clean(facts.platform))]),
      ...(facts.base?.name === undefined ? [] : [property('base:name', clean(facts.base.name))]),
      ...(facts.base?.digest === undefined ? [] : [property('base:digest', clean(facts.base.digest))]),
      ...facts.layers.map((layer) => property('layer', layer)),
      ...(report === undefined ? [] : reportProperties(report)),
    ],
    ...caveatProperties(inventory),
  }
}

/** Metadata has no comment in 1.6; a lifecycle's description is where readers look. */
function caveatProperties(inventory: ImageInventory) {
  const caveat = caveatOf(inventory)
  const description = caveat ?? 'Read from the layers of the image.'
  return { lifecycles: [{ name: 'image analysis', description }] }
}

function reportProperties({ state, reasons, dataUpdatedAt }: NonNullable<CycloneDxOptions['report']>) {
  return [
    property('vulnerabilities:state', state),
    ...reasons.map((reason) => property('vulnerabilities:reason', clean(reason))),
    ...(dataUpdatedAt === undefined ? [] : [property('vulnerabilities:dataUpdatedAt', timeOf(dataUpdatedAt))]),
  ]
}

function property(name: string, value: string) {
  return { name: `${TOOL}:${name}`, value }
}

function osOf({ facts: { os } }: ImageInventory) {
  if (os === undefined) return []
  const description = os.prettyName === undefined ? {} : { description: clean(os.prettyName) }
  return [
    {
      ...{ type: OPERATING_SYSTEM, 'bom-ref': OPERATING_SYSTEM, name: clean(os.id), version: clean(os.versionId) },
      ...description,
    },
  ]
}

function componentOf({ purl, package: each, licenses, paths, layers }: Component) {
  const { group, name } = namesOf(each.type, clean(each.name))
  const said = licensesOf(licenses)
  const { source } = each
  return {
    ...{ type: 'library', 'bom-ref': purl, ...(group && { group }), name, version: clean(each.version) },
    ...(said.length > 0 && { licenses: said }),
    purl,
    properties: [
      property('type', each.type),
      ...(source === undefined ? [] : [property('source', clean(`${source.name}@${source.version}`))]),
      ...layers.map((layer) => property('layer', layer)),
    ],
    evidence: { occurrences: paths.map((location) => ({ location })) },
  }
}

function namesOf(type: string, name: string): { readonly group?: string; readonly name: string } {
  const separator = type === 'maven' ? ':' : type === 'composer' || (type === 'npm' && name.startsWith('@')) ? '/' : ''
  const at = separator === '' ? -1 : name.indexOf(separator)
  return at <= 0 ? { name } : { group: name.slice(0, at), name: name.slice(at + 1) }
}

/** Either licences, or one expression and nothing else: of several, expressions go as names. */
function licensesOf({ expressions, names }: SaidLicenses) {
  const [first, ...others] = expressions
  if (first !== undefined && others.length === 0 && names.length === 0 && !isIdentifier(first))
    return [{ expression: first }]
  return [
    ...expressions.map((expression) => ({
      license: isIdentifier(expression) ? { id: expression } : { name: expression },
    })),
    ...names.map((name) => ({ license: { name: clean(name) } })),
  ]
}

function dependenciesOf({ facts }: ImageInventory, components: readonly Component[], root: string) {
  const ofOs = facts.os === undefined ? [] : components.filter(({ package: each }) => OS_TYPES.includes(each.type))
  const isOfOs = new Set(ofOs)
  const others = components.filter((component) => !isOfOs.has(component)).map(({ purl }) => purl)
  if (facts.os === undefined) return [{ ref: root, dependsOn: others }]
  return [
    { ref: root, dependsOn: [OPERATING_SYSTEM, ...others] },
    { ref: OPERATING_SYSTEM, dependsOn: ofOs.map(({ purl }) => purl) },
  ]
}
