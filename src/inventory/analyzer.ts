import type { OsRelease, Package } from '../packages/package.ts'

/** A file of a layer, before its content is read. */
export interface FileHead {
  /** Without a leading slash, `.` or `..`: `usr/lib/os-release`. */
  readonly path: string
  readonly sizeBytes: number
  /** Permission bits. */
  readonly mode: number
}

export interface FoundFile extends FileHead {
  readonly content: Uint8Array
}

/** What a file tells. */
export interface Analysis {
  readonly packages?: readonly Package[]
  readonly os?: Partial<OsRelease>
  /** Code of which nothing can be said: a stripped binary, an archive without a description. */
  readonly unknown?: boolean
  /** Code where distributions put theirs: nothing can be said of it, unless their package database answers for it. */
  readonly ofDistribution?: boolean
  /** Why not all of it was understood, for people. */
  readonly reason?: string
}

/** What looking into one file may cost. */
export interface AnalyzerLimits {
  /** Archives in archives. */
  readonly depth: number
  /** Of what is unpacked out of one file. */
  readonly bytes: number
  readonly entries: number
}

/** Understands one kind of file. Runs in a process of its own, on hostile bytes. */
export interface Analyzer {
  readonly name: string
  /** By its name alone. Cheap: asked for every file. */
  wants(file: FileHead): boolean
  /** By its first bytes (at most 64), of files with an executable bit or no suffix that `wants` did not claim. */
  wantsContent?(head: Uint8Array): boolean
  /** A throw is a reason in the report, and nothing else. Undefined: it is nothing of the kind after all. */
  analyze(file: FoundFile, limits: AnalyzerLimits): Promise<Analysis | undefined>
}
