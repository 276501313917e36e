import { Problem } from '../lib/problem.ts'
import { RemoteError, type RemoteErrorKind } from '../registry/image-source.ts'
import type { Remote, Remotes } from './remotes.ts'

const PATIENCE_MS = 20_000

export interface RemoteProblem {
  /** `setting`: what is stored of it here is no use. */
  readonly kind: RemoteErrorKind | 'setting'
  /** For people. */
  readonly message: string
}

/** Why the remote cannot be used; undefined: it answered, and took the credentials where there are some. */
export async function findRemoteProblem(
  remotes: Remotes,
  { id }: Pick<Remote, 'id'>,
): Promise<RemoteProblem | undefined> {
  try {
    await (await remotes.open(id)).ping(AbortSignal.timeout(PATIENCE_MS))
    return undefined
  } catch (error) {
    if (error instanceof RemoteError) return error
    if (error instanceof Problem) return { kind: 'setting', message: error.message }
    if (error instanceof DOMException && error.name === 'TimeoutError')
      return { kind: 'timeout', message: `it did not answer within ${PATIENCE_MS / 1000} s` }
    throw error
  }
}

/** The same in words alone. */
export async function pingRemote(remotes: Remotes, remote: Pick<Remote, 'id'>): Promise<string | undefined> {
  return (await findRemoteProblem(remotes, remote))?.message
}
