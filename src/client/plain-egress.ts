import { type Egress, EgressError, type EgressInit, type EgressOptions, headWithin } from './egress.ts'

const TIMEOUT_MS = 10_000
const MAX_BODY_BYTES = 1024 * 1024

/**
 * Like `createEgress`, for the one host that somebody at a terminal said may be asked without encryption. Goes nowhere
 * else, and follows no redirect either.
 */
export function createPlainEgress(
  origin: string,
  { timeoutMs = TIMEOUT_MS, maxBodyBytes = MAX_BODY_BYTES }: Pick<EgressOptions, 'timeoutMs' | 'maxBodyBytes'> = {},
): Egress {
  return async (destination, init = {}) => {
    const url = new URL(destination)
    if (url.origin !== origin) throw new EgressError(url.host, 'is not where these credentials belong')
    try {
      const ask = (late: AbortSignal) => fetch(url, requestFor(init, timeoutMs, late))
      return await whole(url, await headWithin(init.headTimeoutMs, url, ask), maxBodyBytes)
    } catch (error) {
      if (error instanceof EgressError) throw error
      throw new EgressError(url.host, 'cannot be reached', error)
    }
  }
}

function requestFor(
  { method = 'GET', headers = {}, body = null, signal }: EgressInit,
  timeoutMs: number,
  late: AbortSignal,
): RequestInit {
  const signals = [AbortSignal.timeout(timeoutMs), late]
  return {
    method,
    headers: { ...headers, 'accept-encoding': 'identity' },
    body,
    redirect: 'manual',
    signal: AbortSignal.any(signal === undefined ? signals : [...signals, signal]),
  }
}

async function whole(url: URL, response: Response, maxBodyBytes: number): Promise<Response> {
  const { status, headers } = response
  if (status >= 300 && status < 400) {
    await response.body?.cancel()
    throw new EgressError(url.host, 'answered with a redirect, which is not followed')
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop ends the connection.
    if (size > maxBodyBytes) throw new EgressError(url.host, `answered with more than ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  return new Response(size === 0 ? null : Buffer.concat(chunks), { status, headers })
}
