import { PACKAGE_TYPES, type Package } from '../../packages/package.ts'
import { findPackageOfPurl } from '../../packages/package-purl.ts'
import { soundLicenses } from '../languages/sound.ts'
import { cleanPackage } from '../layer/clean-package.ts'

export interface SbomContent {
  readonly packages: readonly Package[]
  readonly tool?: string
  readonly problems: readonly string[]
}

/** A component of either format, before anything is believed of it. */
export interface SaidComponent {
  readonly purl: unknown
  readonly licenses: readonly string[]
}

export const MAX_COMPONENTS = 50_000
const MAX_SHOWN = 80
const MAX_KINDS = 5

/** The packages among the components, each once, and how many are none, by reason. */
export class ReadComponents {
  readonly #packages = new Map<string, Package>()
  readonly #kinds = new Map<string, number>()
  #seen = 0
  #nameless = 0
  #unsound = 0

  /** @returns whether there is room for more */
  add({ purl, licenses }: SaidComponent): boolean {
    if (this.#seen >= MAX_COMPONENTS) return false
    this.#seen++
    if (typeof purl !== 'string') this.#nameless++
    else this.#addPurl(purl, licenses)
    return true
  }

  #addPurl(purl: string, licenses: readonly string[]): void {
    const kind = /^pkg:\/{0,2}([a-z0-9.+-]{1,30})\//i.exec(purl)?.[1]?.toLowerCase()
    if (kind !== undefined && !PACKAGE_TYPES.some((type) => type === kind)) {
      this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1)
      return
    }
    const said = findPackageOfPurl(purl)
    const found = said && cleanPackage({ ...said, licenses: soundLicenses(licenses) })
    if (found === undefined) this.#unsound++
    else {
      const { type, name, version, arch } = found
      const key = JSON.stringify([type, name, version, arch])
      if (!this.#packages.has(key)) this.#packages.set(key, found)
    }
  }

  /** @param cut whether components were left out */
  content(tool: string | undefined, cut: boolean): SbomContent {
    const counted = (count: number, what: string) => (count > 0 ? [`${count} components ${what}`] : [])
    return {
      packages: [...this.#packages.values()],
      ...(tool !== undefined && { tool }),
      problems: [
        ...(cut ? [`holds more than the ${MAX_COMPONENTS} components that are read`] : []),
        ...counted(this.#nameless, 'have no package URL'),
        ...counted(this.#unsound, 'have a package URL without a sound name and version'),
        ...this.#kindProblem(),
      ],
    }
  }

  #kindProblem(): string[] {
    const kinds = [...this.#kinds].sort(([, a], [, b]) => b - a)
    const shown = kinds.slice(0, MAX_KINDS).map(([kind, count]) => `${kind} (${count})`)
    if (kinds.length === 0) return []
    return [
      `has packages of kinds that are not known here: ${shown.join(', ')}${kinds.length > MAX_KINDS ? ', …' : ''}`,
    ]
  }
}

/** Something of the document in a sentence: short, one line. */
export function shownText(value: unknown): string {
  if (typeof value !== 'string') return `a ${value === null ? 'null' : typeof value}`
  const short = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value
  return short.toWellFormed().replace(/\p{Cc}/gu, '\ufffd')
}

/** `syft 1.20.0` */
export function shownTool(name: unknown, version?: unknown): string | undefined {
  if (typeof name !== 'string' || name === '') return undefined
  return typeof version === 'string' && version !== '' ? `${shownText(name)} ${shownText(version)}` : shownText(name)
}
