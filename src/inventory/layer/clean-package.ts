import type { Package } from '../../packages/package.ts'

const MAX_LENGTH = 1024
const MAX_LICENSES = 32
const MAX_QUALIFIERS = 16
const CONTROL = /\p{Cc}/u

/** What goes into rows and reports: short texts without control characters. Undefined: it has no such name or version. */
export function cleanPackage(found: Package): Package | undefined {
  const { type, name, version, source, arch, licenses, qualifiers } = found
  if (!isName(name) || !isName(version)) return undefined
  const known = licenses?.filter(isName).slice(0, MAX_LICENSES)
  const more = Object.entries(qualifiers ?? {}).filter(([key, value]) => isName(key) && isName(value))
  return {
    type,
    name,
    version,
    ...(source !== undefined && isName(source.name) && isName(source.version)
      ? { source: { name: source.name, version: source.version } }
      : {}),
    ...(arch !== undefined && isName(arch) ? { arch } : {}),
    ...(known === undefined || known.length === 0 ? {} : { licenses: known }),
    ...(more.length === 0 ? {} : { qualifiers: Object.fromEntries(more.slice(0, MAX_QUALIFIERS)) }),
  }
}

function isName(text: string): boolean {
  return text !== '' && text.length <= MAX_LENGTH && text.isWellFormed() && !CONTROL.test(text)
}
