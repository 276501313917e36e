import type { Analysis, Analyzer, AnalyzerLimits, FoundFile } from '../analyzer.ts'
import { isAnsweredFor, isOfDistributions } from './answered-for.ts'
import { type Executable, sectionBytes } from './executable.ts'
import { findGoBuildInfo, type GoBuildInfo } from './go-build-info.ts'
import { goModules } from './go-modules.ts'
import { looksExecutable, parseExecutable } from './parse-executable.ts'
import { RUST_SECTIONS, rustCrates } from './rust-audit.ts'

/** Programs that carry the list of what they were built of: Go's always, Rust's when cargo-auditable built them. */
export const binaryAnalyzer: Analyzer = {
  name: 'binary',
  wants: ({ path }) => path.endsWith('.exe'),
  wantsContent: looksExecutable,
  analyze: async (file, limits) => analyzeBinary(file, limits),
}

function analyzeBinary(file: FoundFile, limits: AnalyzerLimits): Analysis | undefined {
  const { content } = file
  if (!looksExecutable(content)) return undefined
  const program = parseExecutable(content)
  const info = findGoBuildInfo(content, program)
  if (info !== undefined) return goProgram(info, limits)
  const crates = program === undefined ? undefined : sectionBytes(content, program, RUST_SECTIONS)
  if (crates !== undefined) return rustProgram(crates, limits)
  const reason = whyUnknown(file, program)
  if (reason !== undefined) return { unknown: true, reason }
  // Of C and its like nothing can be said but that it is there.
  if (!isAnsweredFor(file.path)) return { unknown: true }
  return isOfDistributions(file.path) ? { ofDistribution: true } : undefined
}

function goProgram(info: GoBuildInfo, { entries }: AnalyzerLimits): Analysis {
  const { packages, refused, unknownGo } = goModules(info, entries)
  const reasons = [
    ...(info.modules === '' ? ['a Go program that does not say its modules'] : []),
    ...(unknownGo ? ['built by a Go without a version'] : []),
    ...(refused > 0 ? [`${refused} modules are not named as Go names them`] : []),
  ]
  return {
    packages,
    ...(info.modules === '' && { unknown: true }),
    ...(reasons.length > 0 && { reason: reasons.join('; ') }),
  }
}

function rustProgram(section: Uint8Array, { entries }: AnalyzerLimits): Analysis {
  const { packages, refused } = rustCrates(section, entries)
  return { packages, ...(refused > 0 && { reason: `${refused} crates are not named as Cargo names them` }) }
}

const UPX = Buffer.from('UPX!', 'latin1')
/** UPX writes its name right behind the headers. */
const UPX_WITHIN = 4096
const GO_BUILD_ID = Buffer.from('\xff Go build ID: "', 'latin1')
const GO_SECTIONS = [
  '.go.buildinfo',
  '__go_buildinfo',
  '.gopclntab',
  '__gopclntab',
  '.note.go.buildid',
  '.data.rel.ro.gopclntab',
]
const RUST_SOURCES = Buffer.from('/rustc/', 'latin1')

/** Programs that could have said what they were built of, and do not. */
function whyUnknown({ path, content }: FoundFile, program: Executable | undefined): string | undefined {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  if (buffer.subarray(0, UPX_WITHIN).includes(UPX)) return 'packed by UPX'
  const isGo = program?.sections.some(({ name }) => GO_SECTIONS.includes(name)) === true || buffer.includes(GO_BUILD_ID)
  if (isGo) return 'a Go program without its build information'
  if (isAnsweredFor(path)) return undefined
  return buffer.includes(RUST_SOURCES) ? "a Rust program without cargo-auditable's list of crates" : undefined
}
