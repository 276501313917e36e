import { groupOf } from './jar-groups.ts'
import { linesOf } from './text.ts'

const MAX_LINES = 2000

/** Where a library comes from, as far as its archive says. */
export interface JarIdentity {
  readonly group?: string
  readonly artifact: string
  readonly version: string
}

/** `META-INF/maven/…/pom.properties`, which Maven writes: exact. */
export function fromPomProperties(text: string): JarIdentity | undefined {
  const fields = new Map<string, string>()
  for (const line of linesOf(text, MAX_LINES)) {
    const equals = line.indexOf('=')
    if (equals > 0 && !line.startsWith('#')) fields.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim())
  }
  const [group, artifact, version] = [fields.get('groupId'), fields.get('artifactId'), fields.get('version')]
  return group && artifact && version ? { group, artifact, version } : undefined
}

/** The attributes of the archive itself; those of single entries follow an empty line. */
export function manifestAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>()
  let last: string | undefined
  for (const line of linesOf(text, MAX_LINES)) {
    if (line === '') break
    if (line.startsWith(' ') && last !== undefined) {
      const longer = (attributes.get(last) ?? '') + line.slice(1)
      if (longer.length <= MAX_ATTRIBUTE) attributes.set(last, longer)
      continue
    }
    const colon = line.indexOf(':')
    last = colon > 0 ? line.slice(0, colon).trim().toLowerCase() : undefined
    if (last !== undefined) attributes.set(last, line.slice(colon + 1).trim())
  }
  return attributes
}

const MAX_ATTRIBUTE = 1000

const NAME = /^[\w.-]+$/
const VERSION = /^[\w.+~-]+$/
const GROUP = /^[\w-]+(?:\.[\w-]+)+$/

/**
 * What a manifest and a file name say together. The file's name is the artifact's where it ends in a version, because
 * that is what build tools call it; titles are for people.
 */
export function fromManifest(attributes: ReadonlyMap<string, string>, fileName: string): JarIdentity | undefined {
  const named = fromFileName(fileName)
  const title = attributes.get('implementation-title')
  const artifact = named?.artifact ?? [title, fileName].find((one) => one !== undefined && NAME.test(one))
  const version =
    named?.version ??
    [attributes.get('implementation-version'), attributes.get('bundle-version')].find((one) => one && VERSION.test(one))
  if (artifact === undefined || version === undefined) return undefined
  const group = manifestGroup(attributes, artifact) ?? groupOf(artifact)
  return { ...(group !== undefined && { group }), artifact, version }
}

/** `Bundle-SymbolicName: org.apache.commons.lang3; singleton:=true` */
function symbolicName(attributes: ReadonlyMap<string, string>): string | undefined {
  return attributes.get('bundle-symbolicname')?.split(';', 1)[0]?.trim()
}

/** The vendor's id is a group by definition; a bundle's name is one when the artifact's name follows it. */
function manifestGroup(attributes: ReadonlyMap<string, string>, artifact: string): string | undefined {
  const vendor = attributes.get('implementation-vendor-id')
  if (vendor !== undefined && GROUP.test(vendor)) return vendor
  const bundle = symbolicName(attributes)
  if (bundle === undefined || !bundle.endsWith(`.${artifact}`)) return undefined
  const group = bundle.slice(0, -artifact.length - 1)
  return GROUP.test(group) ? group : undefined
}

/** What build tools add to the name of an archive with everything in it. */
const CLASSIFIER = /-(?:jar-with-dependencies|all|shaded|uber|exec|standalone)$/

/** `guava-31.1-jre` without its suffix: the version begins at the first dash before a digit. */
function fromFileName(wholeName: string): JarIdentity | undefined {
  const fileName = wholeName.replace(CLASSIFIER, '')
  for (let dash = fileName.indexOf('-'); dash > 0; dash = fileName.indexOf('-', dash + 1)) {
    const next = fileName.charCodeAt(dash + 1)
    if (next < 0x30 || next > 0x39) continue
    const [artifact, version] = [fileName.slice(0, dash), fileName.slice(dash + 1)]
    return NAME.test(artifact) && VERSION.test(version) ? { artifact, version } : undefined
  }
  return undefined
}
