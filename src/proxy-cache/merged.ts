/** So much is passed on at once: with many readers each piece has its price. */
const PIECE_BYTES = 512 * 1024
/** And no piece waits longer for more: so long a line of 10 MiB/s takes for one. */
const MAX_WAIT_MS = 50

/** Puts small pieces together, as long as they come quickly, but the first, which all wait for. What is yielded is nobody else's. */
export async function* merged(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  let next = iterator.next()
  let pieceBytes = 0
  try {
    for (let first = await next; !first.done; first = await next) {
      next = iterator.next()
      const parts = [first.value]
      let bytes = first.value.byteLength
      const until = performance.now() + MAX_WAIT_MS
      while (bytes < pieceBytes) {
        const more = await within(next, until - performance.now())
        if (more === undefined || more.done) break
        parts.push(more.value)
        bytes += more.value.byteLength
        next = iterator.next()
      }
      pieceBytes = PIECE_BYTES
      yield parts.length === 1 ? first.value : Buffer.concat(parts, bytes)
    }
  } finally {
    next.catch(() => undefined)
    await iterator.return?.()
  }
}

/** Undefined when it takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  if (ms <= 0) return undefined
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
