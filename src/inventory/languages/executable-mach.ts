import { BinaryView } from './binary-view.ts'
import { type Executable, MAX_SECTIONS, MAX_SEGMENTS, type Section, type Segment } from './executable.ts'

const SEGMENT = 1
const SEGMENT_64 = 0x19
const MAX_COMMANDS = 10_000

/** https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h; of a fat file none. */
export function machExecutable(content: Uint8Array): Executable {
  const bigEndian = content[0] !== 0xce && content[0] !== 0xcf
  const view = new BinaryView(content, bigEndian)
  const magic = view.u32(0)
  const wide = magic === 0xfeedfacf
  const found: Found = { sections: [], segments: [] }
  if (magic !== 0xcafebabe) readCommands(view, wide, found)
  return { format: 'mach-o', bigEndian, pointerBytes: wide ? 8 : 4, ...found }
}

interface Found {
  readonly sections: Section[]
  readonly segments: Segment[]
}

function readCommands(view: BinaryView, wide: boolean, found: Found): void {
  const count = Math.min(view.u32(16), MAX_COMMANDS)
  let at = wide ? 32 : 28
  for (let index = 0; index < count; index++) {
    const [command, sizeBytes] = [view.u32(at), view.u32(at + 4)]
    if (command === (wide ? SEGMENT_64 : SEGMENT)) readSegment(view, { at, wide }, found)
    if (sizeBytes < 8) return
    at += sizeBytes
  }
}

function readSegment(
  view: BinaryView,
  { at, wide }: { at: number; wide: boolean },
  { sections, segments }: Found,
): void {
  const bytes = wide ? 8 : 4
  if (segments.length >= MAX_SEGMENTS) return
  segments.push({
    address: view.word(at + 24, bytes),
    offset: view.word(at + (wide ? 40 : 32), bytes),
    sizeBytes: view.word(at + (wide ? 48 : 36), bytes),
  })
  const count = view.u32(at + (wide ? 64 : 48))
  const [first, step] = wide ? [at + 72, 80] : [at + 56, 68]
  for (let index = 0; index < count && sections.length < MAX_SECTIONS; index++) {
    const section = first + index * step
    sections.push({
      name: view.name(section, 16),
      sizeBytes: view.word(section + (wide ? 40 : 36), bytes),
      offset: view.u32(section + (wide ? 48 : 40)),
    })
  }
}
