export type ProblemKind = 'not-found' | 'conflict' | 'invalid' | 'forbidden'

/** Something that a person asked for and that cannot be done: the message says why, and what would help. */
export class Problem extends Error {
  readonly kind: ProblemKind

  constructor(kind: ProblemKind, message: string) {
    super(message)
    this.name = 'Problem'
    this.kind = kind
  }
}
