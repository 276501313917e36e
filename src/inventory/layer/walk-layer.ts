import { causesOf } from '../../lib/causes.ts'
import type { Analyzer, AnalyzerLimits, FileHead } from '../analyzer.ts'
import type { LayerInventory, LayerState } from '../layer-inventory.ts'
import { ByteSource } from './byte-source.ts'
import { type EntryContent, readContent, type Wanted } from './entry-content.ts'
import { MAX_PATH_BYTES, namedEntry, normalPath } from './entry-path.ts'
import { Findings } from './findings.ts'
import type { Meter } from './meter.ts'
import { LimitError, StoppedError } from './stopped.ts'
import { type TarEntry, TarReader } from './tar-reader.ts'
import { unpack } from './unpack.ts'

const EXECUTABLE = 0o111
/** Of archives in one file. */
const MAX_ARCHIVED = 100_000

interface Walk {
  readonly source: ByteSource
  readonly meter: Meter
  readonly findings: Findings
  readonly analyzers: readonly Analyzer[]
}

/** Everything that is in a layer, read once from its first byte to its last. Never throws for what it holds. */
export async function walkLayer(
  packed: AsyncIterable<Uint8Array>,
  { meter, analyzers }: Pick<Walk, 'meter' | 'analyzers'>,
): Promise<LayerInventory> {
  const findings = new Findings(meter.limits.memoryBytes)
  try {
    const { packing, pieces } = await unpack(packed, meter)
    const source = new ByteSource(pieces)
    const ending = await walkEntries({ source, meter, findings, analyzers })
    // Unlike the others, zstd's unpacker is silent when the end of its data is missing.
    if (ending === undefined && packing === 'zstd') findings.missed('it has no end')
    return findings.inventory('complete')
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error
    findings.missed(error.message)
    return findings.inventory(stateAfter(error, findings))
  }
}

function stateAfter(error: StoppedError, findings: Findings): LayerState {
  return findings.isEmpty && !(error instanceof LimitError) ? 'failed' : 'partial'
}

async function walkEntries(walk: Walk): Promise<'end' | undefined> {
  const tar = new TarReader(walk.source, walk.meter)
  for (;;) {
    const entry = await tar.next()
    if (typeof entry !== 'object') return entry
    await readEntry(entry, walk)
  }
}

async function readEntry(entry: TarEntry, walk: Walk): Promise<void> {
  const { findings } = walk
  const named = namedEntry(entry.path)
  if (typeof named === 'object' && named.as === 'itself') {
    const head = { path: named.path, sizeBytes: entry.sizeBytes, mode: entry.mode }
    return entry.type === '0' ? readFile(entry, head, walk) : readOther(entry, head, walk)
  }
  await passBy(entry, walk)
  if (named === 'refused') findings.refused()
  else if (named !== 'ignored') findings.addGone(named.path, named.as === 'opaque' ? 'opaque' : 'removed')
}

async function passBy(entry: TarEntry, walk: Walk): Promise<void> {
  await readContent(entry, { ...walk, wanted: 'no', ask: () => false })
}

async function readOther(entry: TarEntry, head: FileHead, walk: Walk): Promise<void> {
  await passBy(entry, walk)
  if (entry.type === '1') addHardLink(entry, head, walk)
  else {
    const content = entry.type === '2' ? leadsTo(entry) : ''
    walk.findings.addFile({ ...head, ...entry.facts, kind: kindOf(entry.type), content })
  }
}

function leadsTo({ link }: TarEntry): string {
  return link.slice(0, MAX_PATH_BYTES).replaceAll('\0', '')
}

function kindOf(type: string): 'folder' | 'link' | 'other' {
  return type === '5' ? 'folder' : type === '2' ? 'link' : 'other'
}

async function readFile(entry: TarEntry, head: FileHead, walk: Walk): Promise<void> {
  const { findings, analyzers, meter } = walk
  let interested = analyzers.filter((analyzer) => analyzer.wants(head))
  const ask = (first: Uint8Array) => {
    interested = analyzers.filter((analyzer) => analyzer.wantsContent?.(first) === true)
    return interested.length > 0
  }
  const content = await readContent(entry, { ...walk, wanted: wantedOf(head, interested), ask })
  findings.addFile({ ...head, ...entry.facts, kind: 'file', content: content.hash })
  if (interested.length > 0) await analyze(head, content, { findings, analyzers: interested, meter })
}

function wantedOf({ path, mode }: FileHead, interested: readonly Analyzer[]): Wanted {
  if (interested.length > 0) return 'keep'
  const hasSuffix = path.lastIndexOf('.') > path.lastIndexOf('/') + 1
  return (mode & EXECUTABLE) !== 0 || !hasSuffix ? 'ask' : 'no'
}

async function analyze(head: FileHead, content: EntryContent, walk: Omit<Walk, 'source'>): Promise<void> {
  const { findings, meter } = walk
  if (content.bytes === undefined) {
    findings.missed(`${head.path} is too large to be looked into: scanning.limits.${content.tooLarge ?? 'fileBytes'}`)
    return
  }
  const limits = analyzerLimits(meter)
  for (const analyzer of walk.analyzers) {
    try {
      const analysis = await analyzer.analyze({ ...head, content: content.bytes }, limits)
      if (analysis !== undefined) findings.addAnalysis(head.path, analysis)
    } catch (error) {
      if (error instanceof StoppedError) throw error
      findings.missed(`${head.path}: ${analyzer.name} could not read it: ${causesOf(error)}`)
    }
    meter.look()
  }
}

/** What is unpacked out of a file takes memory, and what is made of that takes some too. */
function analyzerLimits({ limits, memoryLeft }: Meter): AnalyzerLimits {
  const bytes = Math.max(0, Math.min(limits.fileBytes, memoryLeft / 2))
  return { depth: limits.depth, bytes, entries: Math.min(limits.entries, MAX_ARCHIVED) }
}

/** Another name for a file of this layer, whose bytes went by; or of a lower one, of which nothing is known here. */
function addHardLink(entry: TarEntry, head: FileHead, { findings, analyzers }: Walk): void {
  const target = normalPath(entry.link)
  const file = target === undefined ? undefined : findings.file(target)
  if (target === undefined || file === undefined) {
    findings.addFile({ ...head, ...entry.facts, kind: 'link', content: leadsTo(entry) })
  } else {
    findings.addFile({ ...file, path: head.path })
    findings.addProgramLink(target, head.path)
  }
  const isWanted = (path: string) => analyzers.some((analyzer) => analyzer.wants({ ...head, path }))
  const packages = target === undefined ? undefined : findings.packagesOf(target)
  if (packages === undefined) {
    if (isWanted(head.path)) findings.missedLink(head.path)
    // A name is needed for what was found by its name; another name may mean nothing.
  } else if (isWanted(head.path) || (target !== undefined && !isWanted(target)))
    findings.addPackages(head.path, packages)
}
