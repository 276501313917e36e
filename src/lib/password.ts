/** argon2id with OWASP's minimum (19 MiB, 2 passes), as a PHC string. */
export function hashPassword(password: string): Promise<string> {
  return Bun.password.hash(password, { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 })
}

/** Against an argon2 or bcrypt hash; a hash that is not understood matches nothing. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  // `$2y$` is how htpasswd writes what others call `$2b$`.
  const normalised = hash.startsWith('$2y$') ? `$2b$${hash.slice(4)}` : hash
  try {
    return await Bun.password.verify(password, normalised)
  } catch {
    return false
  }
}
