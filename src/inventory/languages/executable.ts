/** Where a program's parts lie in its file. Nothing says yet that the places are inside of the file. */
export interface Executable {
  readonly format: 'elf' | 'pe' | 'mach-o'
  readonly bigEndian: boolean
  readonly pointerBytes: 4 | 8
  readonly sections: readonly Section[]
  readonly segments: readonly Segment[]
}

export interface Section {
  readonly name: string
  readonly offset: number
  readonly sizeBytes: number
}

/** Bytes of the file that are at an address when it runs. */
export interface Segment {
  readonly address: number
  readonly offset: number
  readonly sizeBytes: number
}

export const MAX_SECTIONS = 4096
export const MAX_SEGMENTS = 512

/** The bytes at an address when the program runs, as long as they lie in one segment. */
export function bytesAt(content: Uint8Array, program: Executable, address: number): Uint8Array | undefined {
  for (const segment of program.segments) {
    const inside = address - segment.address
    if (inside >= 0 && inside < segment.sizeBytes)
      return content.subarray(segment.offset + inside, segment.offset + segment.sizeBytes)
  }
  return undefined
}

export function sectionBytes(
  content: Uint8Array,
  program: Executable,
  names: readonly string[],
): Uint8Array | undefined {
  const section = program.sections.find(({ name }) => names.includes(name))
  return section === undefined ? undefined : content.subarray(section.offset, section.offset + section.sizeBytes)
}
