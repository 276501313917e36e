/** A running hash. Its state cannot be saved, so it lives only as long as the process. */
export interface Hasher {
  update(bytes: Uint8Array): void
  hex(): string
}

export function createHasher(algorithm: 'sha256' | 'sha512'): Hasher {
  const hasher = new Bun.CryptoHasher(algorithm)
  return {
    update: (bytes) => void hasher.update(bytes),
    hex: () => hasher.digest('hex'),
  }
}
