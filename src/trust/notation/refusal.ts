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

const MAX_SHOWN = 256

/** Words of a stranger in a sentence of ours: short, in one line, and nothing that turns the text around. */
export function shown(text: string): string {
  const plain = text.slice(0, MAX_SHOWN).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return text.length > MAX_SHOWN ? `${plain}…` : plain
}
