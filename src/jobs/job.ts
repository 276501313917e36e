/** Work that runs on the clock, in one process of all. */
export interface Job {
  readonly name: string
  readonly everyMs: number
  run(): Promise<void>
}
