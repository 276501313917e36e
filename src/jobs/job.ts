/** Work that runs on the clock, in one process of all. */
export interface Job {
  readonly name: string
  /** What it does, in a sentence for people. */
  readonly about: string
  readonly everyMs: number
  /** Until the first run after the start of a server, where an interval would be long to wait. */
  readonly firstMs?: number
  /** Runs as soon as the server does, and once more when it stops. */
  readonly atEdges?: boolean
  /** Of every server; others run in one at a time. */
  readonly everywhere?: boolean
  /** Ends soon after the signal is aborted; what is left is for the next run. */
  run(signal?: AbortSignal, say?: SayProgress): Promise<void>
}

/** How far a run is: `{ done: 3, of: 20, what: 'projects' }`. */
export interface Progress {
  readonly done: number
  /** Undefined: nobody knows how many there are. */
  readonly of?: number | undefined
  readonly what: string
}

/** May be called as often as one likes. */
export type SayProgress = (progress: Progress) => void
