/** Why a signature, or a part of it, is not accepted: a sentence for people. */
export class Refusal extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'Refusal'
  }
}

/** @throws Refusal */
export function refuse(reason: string): never {
  throw new Refusal(reason)
}

/** What a parser makes of a part; whatever it throws about what is inside becomes one sentence. @throws Refusal */
export function understand<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(`${what} cannot be understood`)
  }
}
