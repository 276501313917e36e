/** What the vulnerability data is, and how old. */
export interface DataStatus {
  /** Another one after every change of the data: what was matched by another version is matched again. Absent: no data. */
  readonly version?: string
  readonly sizeBytes: number
  readonly records: number
  readonly ecosystems: readonly EcosystemStatus[]
}

export interface EcosystemStatus {
  /** As OSV calls its folders: `Debian`, `npm`, `Go`. All releases of a distribution are one. */
  readonly ecosystem: string
  readonly records: number
  /** When its data was last brought up to date, or found to be so. Absent: it was tried, and never worked. */
  readonly updatedAt?: Date
  /** When its newest record was changed. */
  readonly newestRecord?: Date
  /** Where it came from: an address, or the name of a file. */
  readonly source?: string
  /** Why the last try failed. */
  readonly problem?: string
  readonly triedAt?: Date
}
