/** Refuses a signature, with a sentence for people. */
export class Rejection extends Error {
  readonly check: string

  constructor(check: string, message: string) {
    super(message)
    this.name = 'Rejection'
    this.check = check
  }
}
