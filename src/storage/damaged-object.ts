/**
 * Stored bytes are not those that were written: changed, moved, cut off, or sealed with another key. Thrown where they
 * are read, by stores that can tell.
 */
export class DamagedObjectError extends Error {
  constructor(name: string, problem: string) {
    super(`the encrypted object ${name} is damaged: ${problem}`)
    this.name = 'DamagedObjectError'
  }
}

/** What the work gives, or what `otherwise` makes of it when it came upon damaged bytes. */
export async function unlessDamaged<T, U>(
  work: Promise<T>,
  otherwise: (error: DamagedObjectError) => U,
): Promise<T | U> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DamagedObjectError) return otherwise(error)
    throw error
  }
}
