export interface JobSeries {
  runs: number
  failures: number
  seconds: number
}

/** Runs of background jobs, by the few names that jobs have. */
export class JobTally {
  readonly #series = new Map<string, JobSeries>()

  get series(): Iterable<readonly [job: string, JobSeries]> {
    return this.#series
  }

  add(job: string, seconds: number, failed: boolean): void {
    const series = this.#series.get(job) ?? { runs: 0, failures: 0, seconds: 0 }
    series.runs++
    series.seconds += seconds
    if (failed) series.failures++
    this.#series.set(job, series)
  }
}
