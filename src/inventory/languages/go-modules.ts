import type { Package } from '../../packages/package.ts'
import type { GoBuildInfo } from './go-build-info.ts'
import { eachOnce, soundPackage } from './sound.ts'
import { linesOf } from './text.ts'

/** The modules a Go program was built of, and Go's own library; `refused`: lines that are not as Go writes them. */
export interface GoModules {
  readonly packages: readonly Package[]
  readonly refused: number
  /** Of the standard library nothing can be said. */
  readonly unknownGo: boolean
}

interface Module {
  name: string
  version: string
}

/** @param maxModules more are not read */
export function goModules({ goVersion, modules }: GoBuildInfo, maxModules: number): GoModules {
  const read: Module[] = []
  for (const line of linesOf(modules, 2 * maxModules)) {
    const [word, name = '', version = ''] = line.split('\t', 4)
    if (word === 'mod' || word === 'dep') read.push({ name, version })
    else if (word === '=>') replace(read.at(-1), { name, version })
  }
  const packages = read
    .map(({ name, version }) => soundPackage('golang', name, version))
    .filter((one) => one !== undefined)
  const library = stdlibVersion(goVersion)
  const stdlib = library === undefined ? undefined : soundPackage('golang', 'stdlib', library)
  return {
    packages: eachOnce(stdlib === undefined ? packages : [...packages, stdlib]),
    refused: read.length - packages.length,
    unknownGo: stdlib === undefined,
  }
}

/** Code of another module took its place; of a folder, only what it took the place of is known. */
function replace(module: Module | undefined, by: Module): void {
  if (module === undefined || by.version === '' || by.version === DEVELOPED) return
  module.name = by.name
  module.version = by.version
}

/** What stands for the version of a module that was built where it is developed. */
const DEVELOPED = '(devel)'

/**
 * Go's own word for its release, without what others add: `go1.21.5`, `go1.21.5-vendor` and `go1.21.5 X:experiment` are
 * 1.21.5, `go1.22rc1` is 1.22rc1. What was built between two releases (`devel go1.23-abc`) is none of them.
 */
export function stdlibVersion(goVersion: string): string | undefined {
  return /^go(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?(?:(?:beta|rc)\d{1,4})?)/.exec(goVersion)?.[1]
}
