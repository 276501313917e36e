import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { hashSecret, isSecret, newSecret, type SecretKind } from './secrets.ts'

const KINDS: readonly SecretKind[] = ['key', 'robot', 'refresh', 'device', 'session']

describe.each([...KINDS])('a %s secret', (kind) => {
  it('says what it is for at its beginning, and is different every time', () => {
    const secrets = Array.from({ length: 100 }, () => newSecret(kind))
    for (const secret of secrets) expect(secret).toMatch(new RegExp(`^berth_${kind}_[A-Za-z0-9_-]{43}[0-9a-f]{8}$`))
    expect(new Set(secrets).size).toBe(100)
    expect(new Set(secrets.map(hashSecret)).size).toBe(100)
  })

  it('is a secret of its kind alone', () => {
    const secret = newSecret(kind)
    expect(KINDS.filter((each) => isSecret(secret, each))).toEqual([kind])
    for (const other of KINDS) {
      const renamed = secret.replace(`berth_${kind}_`, `berth_${other}_`)
      expect(isSecret(renamed, kind)).toBe(other === kind)
    }
  })

  it('with any character changed, added or left out is none', () => {
    const secret = newSecret(kind)
    const character = fc.constantFrom(...'ABCXYZabcxyz019_- \n\0é')
    fc.assert(
      fc.property(fc.nat(secret.length - 1), character, (at, other) => {
        const [head, rest] = [secret.slice(0, at), secret.slice(at + 1)]
        const changed = `${head}${other}${rest}`
        expect(isSecret(changed, kind)).toBe(changed === secret)
        expect(isSecret(`${head}${rest}`, kind)).toBe(false)
        expect(isSecret(`${head}${other}${secret.slice(at)}`, kind)).toBe(false)
      }),
    )
    for (const text of ['', `${secret}\n`, ` ${secret}`, secret.toUpperCase(), `${secret}${secret}`])
      expect(isSecret(text, kind)).toBe(false)
  })
})

it('is stored as a hash that does not hold it', () => {
  const secret = newSecret('key')
  expect(hashSecret(secret)).toMatch(/^[0-9a-f]{64}$/)
  expect(hashSecret(secret)).toBe(hashSecret(secret))
})

it('a text without an end is none, at once', () => {
  const started = performance.now()
  for (const text of [`berth_key_${'a'.repeat(5_000_000)}`, 'berth_'.repeat(1_000_000)])
    expect(isSecret(text, 'key')).toBe(false)
  expect(performance.now() - started).toBeLessThan(500)
})
