/** The first bytes that come. */
export async function firstOf(source: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const { done, value } = await source.next()
    if (done === true) return undefined
    if (value.byteLength > 0) return value
  }
}

export async function* restOf(first: Uint8Array, source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (;;) {
    const { done, value } = await source.next()
    if (done === true) return
    yield value
  }
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

export async function* nothing(): AsyncGenerator<Uint8Array> {}
