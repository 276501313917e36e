/** Work that runs on the clock, in one process of all. */
export interface Job {
  readonly name: string
  readonly everyMs: number
  /** Runs as soon as the server does, and once more when it stops. */
  readonly atEdges?: boolean
  /** Of every server; others run in one at a time. */
  readonly everywhere?: boolean
  /** Ends soon after the signal is aborted; what is left is for the next run. */
  run(signal?: AbortSignal): Promise<void>
}
