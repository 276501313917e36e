import { BinaryView } from './binary-view.ts'
import { type Executable, MAX_SECTIONS, type Section, type Segment } from './executable.ts'

const SIGNATURE = 0x00004550
const WIDE = 0x20b

/** https://learn.microsoft.com/windows/win32/debug/pe-format */
export function peExecutable(content: Uint8Array): Executable | undefined {
  const view = new BinaryView(content, false)
  const header = view.u32(60)
  if (view.u32(header) !== SIGNATURE) return undefined
  const [count, optionalBytes] = [view.u16(header + 6), view.u16(header + 20)]
  const optional = header + 24
  const wide = view.u16(optional) === WIDE
  const base = wide ? view.u64(optional + 24) : view.u32(optional + 28)
  const sections: Section[] = []
  const segments: Segment[] = []
  for (let index = 0; index < Math.min(count, MAX_SECTIONS); index++) {
    const at = optional + optionalBytes + index * 40
    const [sizeBytes, offset] = [view.u32(at + 16), view.u32(at + 20)]
    sections.push({ name: view.name(at, 8), offset, sizeBytes })
    segments.push({ address: base + view.u32(at + 12), offset, sizeBytes })
  }
  return { format: 'pe', bigEndian: false, pointerBytes: wide ? 8 : 4, sections, segments }
}
