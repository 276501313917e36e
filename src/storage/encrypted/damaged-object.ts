/** Stored bytes are not those that were written: changed, moved, cut off, or sealed with another key. */
export class DamagedObjectError extends Error {
  constructor(name: string, problem: string) {
    super(`the encrypted object ${name} is damaged: ${problem}`)
    this.name = 'DamagedObjectError'
  }
}
