import type { CopyProgress } from '../metadata/copy-tables.ts'

interface Amount {
  readonly objects: number
  readonly bytes: number
}

/** Whoever waits for a move, and wants to know how far it is. */
export interface MoveProgress {
  /** How much there was to copy when it was asked. */
  expect(all: Amount): void
  objects(done: Amount): void
  rows(done: CopyProgress): void
  /** For people: what is being done now. */
  step(text: string): void
}
