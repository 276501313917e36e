import { RemoteError } from '../registry/image-source.ts'

/** With something to serve nobody waits longer for an upstream. */
const PATIENCE_MS = 3000

/** Asks for no longer than somebody waits who could be served at once. @throws RemoteError */
export async function withPatience<T>(label: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    return await ask(signal)
  } catch (error) {
    if (!signal.aborted || isTold(error)) throw error
    throw new RemoteError('timeout', `${label} did not answer within ${PATIENCE_MS / 1000} s`, { cause: error })
  }
}

/** It was said before the time was over why not. */
function isTold(error: unknown): boolean {
  return error instanceof RemoteError && error.kind !== 'unreachable' && error.kind !== 'timeout'
}
