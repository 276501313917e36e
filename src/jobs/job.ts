/** Work that runs on the clock, in one process of all. */
export interface Job {
  readonly name: string
  readonly everyMs: number
  /** Ends soon after the signal is aborted; what is left is for the next run. */
  run(signal?: AbortSignal): Promise<void>
}
