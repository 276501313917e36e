import type { BlobStore } from '../../src/storage/blob-store.ts'

export class Stopped extends Error {}

export interface Stop {
  /** How many more changes to the store succeed: a file made, cut or removed, or a piece of bytes written. */
  left: number
  /** Of the piece that meets it, this share is written. */
  readonly share: number
  /** True: the process is dead, and nothing works after it. False: the disk was full for that one moment. */
  readonly isDeath: boolean
}

/** Changes nothing more after a number of changes, in the middle of a write if need be: what a kill or a full disk leaves. */
export function stoppingStore(inner: BlobStore, stop: Stop): BlobStore {
  const met = () => {
    stop.left--
    return stop.isDeath ? stop.left < 0 : stop.left === -1
  }
  const step = () => {
    if (met()) throw new Stopped('the store stopped')
  }
  async function* torn(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      const isFirst = stop.left === 0
      if (met()) {
        if (isFirst) yield piece.subarray(0, Math.floor(piece.byteLength * stop.share))
        throw new Stopped('the store stopped')
      }
      yield piece
    }
  }
  const { uploads } = inner
  return {
    ...inner,
    uploads: {
      ...uploads,
      start: async (id) => {
        step()
        await uploads.start(id)
      },
      append: (id, offset, body, options) => uploads.append(id, offset, torn(body), options),
      truncate: async (id, sizeBytes) => {
        step()
        await uploads.truncate(id, sizeBytes)
      },
      commit: async (id, key) => {
        step()
        await uploads.commit(id, key)
      },
      abort: async (id) => {
        step()
        await uploads.abort(id)
      },
    },
  }
}
