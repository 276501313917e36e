export interface Descriptor {
  readonly digest: string
  readonly size: number
}

/** An image of the population as its clients know it. */
export interface ProfileImage {
  readonly repository: string
  readonly tag: string
  readonly index: Descriptor
  /** The one of the platforms that is pulled. */
  readonly manifest: Descriptor
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}
