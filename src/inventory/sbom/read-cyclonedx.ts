import { isObject, type JsonObject } from '../../oci/strict-json.ts'
import { ReadComponents, type SbomContent, shownTool } from './read-components.ts'

const MAX_LICENSES = 100

/** https://cyclonedx.org/docs/1.6/json/: its components, and those that they are made of. */
export function readCycloneDx(document: JsonObject): SbomContent {
  const components = new ReadComponents()
  // A stack, because documents may nest as deep as they like; turned round, so that they come in their order.
  const open: unknown[] = reversed(document.components)
  let cut = false
  while (open.length > 0 && !cut) {
    const component = open.pop()
    if (!isObject(component)) continue
    const { purl, type } = component
    // Files, systems and applications are something else, unless they say which package they are.
    if (purl !== undefined || type === 'library' || type === 'framework')
      cut = !components.add({ purl, licenses: licensesOf(component.licenses) })
    for (const part of reversed(component.components)) open.push(part)
  }
  return components.content(toolOf(document.metadata), cut)
}

function reversed(list: unknown): unknown[] {
  return Array.isArray(list) ? list.toReversed() : []
}

/** `{license: {id}}`, `{license: {name}}` or `{expression}`. */
function licensesOf(licenses: unknown): string[] {
  if (!Array.isArray(licenses)) return []
  return licenses
    .slice(0, MAX_LICENSES)
    .map((choice: unknown) => {
      if (!isObject(choice)) return undefined
      return isObject(choice.license) ? (choice.license.id ?? choice.license.name) : choice.expression
    })
    .filter((text) => typeof text === 'string')
}

/** A list until 1.4, components since. */
function toolOf(metadata: unknown): string | undefined {
  const tools = isObject(metadata) ? metadata.tools : undefined
  const list = isObject(tools) ? tools.components : tools
  const first: unknown = Array.isArray(list) ? list[0] : undefined
  return isObject(first) ? shownTool(first.name, first.version) : undefined
}
