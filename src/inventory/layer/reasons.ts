const MAX_REASONS = 50
const MAX_LENGTH = 300

/** What people are told of a layer that was not understood whole: each thing once, and not without end. */
export class Reasons {
  readonly #told = new Set<string>()
  #more = 0

  add(reason: string): void {
    const text = printable(reason).slice(0, MAX_LENGTH)
    if (this.#told.has(text)) return
    if (this.#told.size < MAX_REASONS) this.#told.add(text)
    else this.#more++
  }

  list(): string[] {
    return this.#more === 0 ? [...this.#told] : [...this.#told, `and ${this.#more} more of that kind`]
  }
}

/** Names from a layer reach logs, terminals and rows. */
export function printable(text: string): string {
  return text.toWellFormed().replace(/\p{Cc}/gu, '?')
}
