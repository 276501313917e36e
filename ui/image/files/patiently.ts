import { ApiError } from '../../api/client.ts'

const TRIES = 20
const PAUSE_MS = 1000

/**
 * Reading large layers for the first time takes longer than an answer may (409): the server goes on, and is asked again.
 * So it is when too many look inside at once (429).
 */
export async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let left = TRIES; ; left--) {
    try {
      return await ask()
    } catch (error) {
      if (left === 0 || !(error instanceof ApiError) || ![409, 429].includes(error.status)) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}
