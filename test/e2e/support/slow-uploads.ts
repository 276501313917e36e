import { check, headerOf } from '../../conformance/support/check.ts'
import type { Registry } from '../../conformance/support/client.ts'
import type { Content } from '../../conformance/support/content.ts'
import { head, type RawAnswer, RawConnection } from './raw.ts'
import type { Server } from './server.ts'
import { untilTrue } from './until.ts'

/** Bytes that a session says it holds; one byte and none look alike (`0-0`). */
export async function receivedBytes(registry: Registry, location: string): Promise<number> {
  const answer = check(await registry.send('GET', location), { status: 204 })
  return Number(headerOf(answer, 'Range').slice('0-'.length)) + 1
}

export interface SlowChunk {
  /** Sends what is left and returns the answer. */
  finish(): Promise<RawAnswer>
  abort(): void
}

interface SlowChunkOptions {
  readonly location: string
  /** At least 2 MB, so that the server writes a part of it before all is there. */
  readonly blob: Content
  readonly method: 'PATCH' | 'PUT'
  readonly headers?: readonly string[]
  readonly url?: string
}

/** A request that has sent most of its body; when this returns the server is in the middle of it. */
export async function startSlowChunk(
  server: Pick<Server, 'send' | 'repository' | 'host' | 'url'>,
  { location, blob, method, headers = [], url = server.url }: SlowChunkOptions,
): Promise<SlowChunk> {
  const { bytes, digest } = blob
  const connection = await RawConnection.open(url)
  const target = method === 'PUT' ? `${location}?digest=${digest}` : location
  connection.write(head(method, target, [`Content-Length: ${bytes.length}`, ...headers]))
  const most = bytes.length - 1000
  connection.write(bytes.subarray(0, most))
  const known = Object.fromEntries(headers.map((line) => line.split(': ') as [string, string]))
  await untilTrue('the server has part of the body', async () => {
    const answer = check(await server.send('GET', location, { headers: known }), { status: 204 })
    return headerOf(answer, 'Range') !== '0-0'
  })
  return {
    finish: async () => {
      connection.write(bytes.subarray(most))
      const answer = await connection.answer()
      connection.destroy()
      return answer
    },
    abort: () => connection.destroy(),
  }
}
