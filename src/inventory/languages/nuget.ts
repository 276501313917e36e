import { isObject, type JsonObject } from '../../oci/strict-json.ts'
import type { Package } from '../../packages/package.ts'
import type { Analysis, Analyzer, AnalyzerLimits } from '../analyzer.ts'
import { eachOnce, soundPackage } from './sound.ts'
import { parseJsonObject } from './text.ts'

const MAX_BYTES = 32 * 1024 * 1024
const RUNTIME_PACK = 'runtimepack.'
/** What a package brings to run; one that brings nothing of it was there while building only. */
const ASSETS = ['runtime', 'runtimeTargets', 'native', 'resources']

/**
 * What a .NET program was published with. `*.runtimeconfig.json` is not asked: it names the runtime that a program
 * wants at least, not the one that is there, which has a list of its own among its files.
 */
export const nugetAnalyzer: Analyzer = {
  name: 'nuget',
  wants: ({ path }) => path.endsWith('.deps.json'),
  analyze: async ({ content }, limits) => publishedWith(parseJsonObject(content, MAX_BYTES), limits),
}

function publishedWith(description: JsonObject, limits: AnalyzerLimits): Analysis {
  const { libraries } = description
  if (!isObject(libraries)) return { reason: 'lists no libraries' }
  const target = targetOf(description)
  const all = Object.entries(libraries)
  const there = all.slice(0, limits.entries).filter(([key, about]) => isInstalled(about, target?.[key]))
  const packages = there.map(([key, about]) => nugetPackage(key, about)).filter((one) => one !== undefined)
  const refused = there.length - packages.length + Math.max(0, all.length - limits.entries)
  return {
    packages: eachOnce(packages),
    ...(refused > 0 && { reason: `${refused} libraries are not named as NuGet names them, or too many` }),
  }
}

/** What each library brings to the platform that the program was published for. */
function targetOf({ runtimeTarget, targets }: JsonObject): JsonObject | undefined {
  const name = isObject(runtimeTarget) ? runtimeTarget.name : undefined
  const target = isObject(targets) && typeof name === 'string' ? targets[name] : undefined
  return isObject(target) ? target : undefined
}

function isInstalled(about: unknown, brings: unknown): boolean {
  const type = isObject(about) ? about.type : undefined
  // The others are projects of the program itself, and files it was linked to.
  if (type === 'runtimepack') return true
  if (type !== 'package') return false
  return !isObject(brings) || ASSETS.some((kind) => isObject(brings[kind]) && Object.keys(brings[kind]).length > 0)
}

/** `Newtonsoft.Json/13.0.1`; the runtime, of a program that brings it: `runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/6.0.5` */
function nugetPackage(key: string, about: unknown): Package | undefined {
  const slash = key.lastIndexOf('/')
  const name = key.slice(0, Math.max(slash, 0))
  const isRuntime = isObject(about) && about.type === 'runtimepack' && name.startsWith(RUNTIME_PACK)
  return soundPackage('nuget', isRuntime ? name.slice(RUNTIME_PACK.length) : name, key.slice(slash + 1))
}
