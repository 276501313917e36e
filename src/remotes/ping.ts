import { Problem } from '../lib/problem.ts'
import { RemoteError } from '../registry/image-source.ts'
import type { Remote, Remotes } from './remotes.ts'

const PATIENCE_MS = 20_000

/** Why the remote cannot be used, for people; undefined: it answered, and took the credentials where there are some. */
export async function pingRemote(remotes: Remotes, { id }: Pick<Remote, 'id'>): Promise<string | undefined> {
  try {
    await (await remotes.open(id)).ping(AbortSignal.timeout(PATIENCE_MS))
    return undefined
  } catch (error) {
    if (error instanceof RemoteError || error instanceof Problem) return error.message
    if (error instanceof DOMException && error.name === 'TimeoutError')
      return `it did not answer within ${PATIENCE_MS / 1000} s`
    throw error
  }
}
