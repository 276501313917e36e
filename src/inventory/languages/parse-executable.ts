import type { Executable } from './executable.ts'
import { elfExecutable } from './executable-elf.ts'
import { machExecutable } from './executable-mach.ts'
import { peExecutable } from './executable-pe.ts'

/** By the first bytes alone: ELF, Windows', macOS'. */
export function looksExecutable(head: Uint8Array): boolean {
  const magic = (head[0] ?? 0) * 0x1000000 + (head[1] ?? 0) * 0x10000 + (head[2] ?? 0) * 0x100 + (head[3] ?? 0)
  if (magic === 0x7f454c46 || magic >>> 16 === 0x4d5a) return true
  return MACH_MAGICS.has(magic) || isFatMach(head, magic)
}

const MACH_MAGICS = new Set([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe])

/** Several machines' programs in one file. Java's classes begin with the same bytes, and a version of at least 45. */
function isFatMach(head: Uint8Array, magic: number): boolean {
  const [high = 1, middle = 1, low = 1, count = 0] = head.subarray(4, 8)
  return magic === 0xcafebabe && high + middle + low === 0 && count > 0 && count < 30
}

/** @returns undefined when its header is of no such file, or leads out of it */
export function parseExecutable(content: Uint8Array): Executable | undefined {
  if (!looksExecutable(content)) return undefined
  try {
    if (content[0] === 0x7f) return elfExecutable(content)
    return content[0] === 0x4d ? peExecutable(content) : machExecutable(content)
  } catch (error) {
    // A place beyond the end of the file.
    if (error instanceof RangeError) return undefined
    throw error
  }
}
