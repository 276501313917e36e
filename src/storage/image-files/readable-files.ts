/** Files by name, to be read only: a folder, or what is in an archive. */
export interface ReadableFiles {
  /** For people. */
  readonly path: string
  /** Undefined: there is no regular file of that name. */
  find(name: string): Promise<ReadableFile | undefined>
  close(): Promise<void>
}

export interface ReadableFile {
  readonly sizeBytes: number
  stream(offset?: number): ReadableStream<Uint8Array>
}

/** An archive, or a folder, is not what an image can be read from. The message is for people and names it. */
export class ImageFilesError extends Error {
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options)
    this.name = 'ImageFilesError'
  }
}
