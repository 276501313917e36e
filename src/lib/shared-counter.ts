import { closeSync, ftruncateSync, openSync } from 'node:fs'

/** A number that processes on one machine share through a file in memory; reading it costs nothing. */
export interface SharedCounter {
  read(): number
  increment(): void
}

export function openSharedCounter(path: string): SharedCounter {
  const fd = openSync(path, 'a+', 0o600)
  ftruncateSync(fd, 4)
  closeSync(fd)
  const bytes = Bun.mmap(path, { shared: true })
  const counter = new Int32Array(bytes.buffer, bytes.byteOffset, 1)
  return {
    read: () => Atomics.load(counter, 0),
    increment: () => void Atomics.add(counter, 0, 1),
  }
}
