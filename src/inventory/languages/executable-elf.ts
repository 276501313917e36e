import { BinaryView } from './binary-view.ts'
import { type Executable, MAX_SECTIONS, MAX_SEGMENTS, type Section, type Segment } from './executable.ts'

const LOADED = 1
/** Takes no bytes of the file. */
const NO_BITS = 8
const MAX_NAME = 64

/** https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html, of 32 and 64 bits */
export function elfExecutable(content: Uint8Array): Executable {
  const bigEndian = content[5] === 2
  const pointerBytes = content[4] === 2 ? 8 : 4
  const view = new BinaryView(content, bigEndian)
  return {
    ...{ format: 'elf', bigEndian, pointerBytes },
    sections: sectionsOf(view, pointerBytes),
    segments: segmentsOf(view, pointerBytes),
  }
}

function segmentsOf(view: BinaryView, bytes: 4 | 8): Segment[] {
  const wide = bytes === 8
  const start = wide ? view.u64(32) : view.u32(28)
  const [size, count] = [view.u16(wide ? 54 : 42), view.u16(wide ? 56 : 44)]
  const segments: Segment[] = []
  for (let at = start; at < start + size * Math.min(count, MAX_SEGMENTS); at += size) {
    if (view.u32(at) !== LOADED) continue
    const [offset, address, length] = wide ? [8, 16, 32] : [4, 8, 16]
    segments.push({
      offset: view.word(at + offset, bytes),
      address: view.word(at + address, bytes),
      sizeBytes: view.word(at + length, bytes),
    })
  }
  return segments
}

interface RawSection extends Omit<Section, 'name'> {
  readonly nameAt: number
}

/** A file without them runs all the same. */
function sectionsOf(view: BinaryView, bytes: 4 | 8): Section[] {
  const wide = bytes === 8
  const start = wide ? view.u64(40) : view.u32(32)
  const [size, count, named] = [view.u16(wide ? 58 : 46), view.u16(wide ? 60 : 48), view.u16(wide ? 62 : 50)]
  if (start === 0 || size === 0) return []
  const raw: RawSection[] = []
  for (let index = 0; index < Math.min(count, MAX_SECTIONS); index++) {
    const at = start + index * size
    const sizeBytes = view.u32(at + 4) === NO_BITS ? 0 : view.word(at + (wide ? 32 : 20), bytes)
    raw.push({ nameAt: view.u32(at), offset: view.word(at + (wide ? 24 : 16), bytes), sizeBytes })
  }
  const texts = raw[named]
  if (texts === undefined) return []
  return raw.map(({ nameAt, ...place }) => ({ name: view.name(texts.offset + nameAt, MAX_NAME), ...place }))
}
