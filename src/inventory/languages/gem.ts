import type { Analysis, Analyzer, FoundFile } from '../analyzer.ts'
import { soundPackage } from './sound.ts'
import { decodeText, linesOf } from './text.ts'

const MAX_BYTES = 4 * 1024 * 1024
const MAX_LINES = 5000
/** Beyond it a line says nothing that is looked for. */
const MAX_LINE = 1000

/** Gems that are installed, `default` being those that came with Ruby itself. */
export const gemAnalyzer: Analyzer = {
  name: 'gem',
  wants: ({ path }) => path.endsWith('.gemspec') && /(?:^|\/)specifications\/(?:default\/)?[^/]+$/.test(path),
  analyze: async (file) => installedGem(file),
}

interface GemFields {
  name?: string | undefined
  version?: string | undefined
  licenses: string[]
}

/** A specification is a program in Ruby. RubyGems writes those of what it installs, always in the same few words. */
function installedGem({ path, content }: FoundFile): Analysis {
  const fields = readGemspec(decodeText(content, MAX_BYTES))
  const named = fromFileName(path, fields.name)
  const found = soundPackage('gem', fields.name ?? named?.name, fields.version ?? named?.version, fields.licenses)
  return found === undefined ? { reason: 'does not say its name and version in words' } : { packages: [found] }
}

const STUB = /^# stub: ([\w.-]+) ([\w.-]+) /
const TEXT = `(?:"([^"\\\\]*)"|'([^'\\\\]*)')`
const ASSIGNED = new RegExp(`^(?:\\w{1,20}\\.)(name|version) ?= ?(?:Gem::Version\\.new ?\\(? ?)?${TEXT}`)
const LICENSES = /^\w{1,20}\.licenses? ?= ?(\[?["'].*)$/

function readGemspec(text: string): GemFields {
  const fields: GemFields = { licenses: [] }
  for (const long of linesOf(text, MAX_LINES)) {
    if (long.length > MAX_LINE) continue
    const line = long.trim()
    readLine(line, fields)
  }
  return fields
}

/** The first to say something is right: later lines may be of another platform. */
function readLine(line: string, fields: GemFields): void {
  const stub = STUB.exec(line)
  if (stub !== null) {
    fields.name ??= stub[1]
    fields.version ??= stub[2]
    return
  }
  const assigned = ASSIGNED.exec(line)
  if (assigned !== null) {
    const value = assigned[2] ?? assigned[3] ?? ''
    if (assigned[1] === 'name') fields.name ??= value
    else fields.version ??= value
    return
  }
  const licenses = LICENSES.exec(line)?.[1]
  if (licenses !== undefined && fields.licenses.length === 0)
    fields.licenses = [...licenses.matchAll(/["']([^"']+)["']/g)].map(([, license = '']) => license)
}

/** `rake-13.0.6.gemspec`; a platform may follow. */
function fromFileName(path: string, name: string | undefined): { name: string; version: string } | undefined {
  const file = path.slice(path.lastIndexOf('/') + 1, -'.gemspec'.length)
  if (file.length > 300) return undefined
  const match = /^(.+?)-(\d[\w.]*)(?:-[\w.-]+)?$/.exec(file)
  if (match === null) return undefined
  const [, fileName = '', version = ''] = match
  return name === undefined || name === fileName ? { name: fileName, version } : undefined
}
