import { describe, expect, it } from 'bun:test'
import { OciError } from '../oci/errors.ts'
import { parseBasic, signIn } from './basic.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { PasswordCheck } from './password-check.ts'
import { ANONYMOUS } from './principal.ts'

const encode = (text: string) => Buffer.from(text).toString('base64')

describe('parseBasic', () => {
  it.each([
    ['ann:secret', { username: 'ann', password: 'secret' }],
    ['ann:se:cret', { username: 'ann', password: 'se:cret' }],
    [':', { username: '', password: '' }],
    ['jürgen:pässwörd', { username: 'jürgen', password: 'pässwörd' }],
  ])('%s', (text, expected) => {
    expect(parseBasic(encode(text))).toEqual(expected)
  })

  it.each([
    ['no colon', encode('ann')],
    ['a NUL', encode('ann:\0')],
    ['not UTF-8', Buffer.from([0x61, 0x3a, 0xff]).toString('base64')],
    ['not base64', 'ann:secret'],
    ['too long', encode(`ann:${'x'.repeat(4096)}`)],
  ])('%s is nothing', (_, text) => {
    expect(parseBasic(text)).toBeUndefined()
  })
})

describe('signIn', () => {
  const passwords = new PasswordCheck()
  const known = (name: string): IdentityProvider => ({
    name,
    verify: async (username, password) => {
      if (username !== name) return undefined
      if (password !== 'secret') throw new OciError('UNAUTHORIZED')
      return { id: `${name}:${username}`, name: username }
    },
  })
  const providers = [known('ann'), known('bob')]

  it('asks one provider after the other', async () => {
    expect(await signIn({ username: 'bob', password: 'secret' }, providers, passwords)).toEqual({
      kind: 'user',
      id: 'bob:bob',
      name: 'bob',
    })
  })

  it('empty credentials are none', async () => {
    expect(await signIn({ username: '', password: '' }, providers, passwords)).toEqual(ANONYMOUS)
  })

  it('unknown, wrong, empty and endless look alike', async () => {
    const attempts = [
      { username: 'nobody', password: 'secret' },
      { username: 'ann', password: 'wrong' },
      { username: 'ann', password: '' },
      { username: '', password: 'secret' },
      { username: 'ann', password: 'x'.repeat(2000) },
    ]
    for (const attempt of attempts) {
      const error: unknown = await signIn(attempt, providers, passwords).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'UNAUTHORIZED', message: 'the user name or password is wrong' })
    }
  })

  it('an outage of a provider is no wrong password', async () => {
    const broken: IdentityProvider = {
      name: 'broken',
      verify: async () => {
        throw new Error('the directory is down')
      },
    }
    await expect(signIn({ username: 'ann', password: 'secret' }, [broken], passwords)).rejects.toThrow('directory')
  })
})
