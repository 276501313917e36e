import { describe, expect, it } from 'bun:test'
import { authSchema, type OidcProviderConfig } from '../config/sign-in.ts'
import { identityFrom, lacksClaims } from './oidc-claims.ts'

function config(changes: object = {}): OidcProviderConfig {
  const corp = { issuer: 'https://idp.test', clientId: 'berth', ...changes }
  const parsed = authSchema.parse({ oidc: { corp } }).oidc.corp
  if (parsed === undefined) throw new Error('no configuration')
  return parsed
}

function identity(idToken: object, userInfo?: object, changes: object = {}) {
  const sources = { idToken: { sub: 's-1', ...idToken }, ...(userInfo && { userInfo: { ...userInfo } }) }
  return identityFrom(sources, 'corp', config(changes))
}

describe('the name', () => {
  it.each([
    [{ preferred_username: 'ann', email: 'a@corp.test' }, 'ann'],
    [{ email: 'Ann.B@corp.test' }, 'ann.b'],
    [{ preferred_username: '', email: 'a@corp.test' }, 'a'],
    [{ preferred_username: 7 }, 's-1'],
    [{ preferred_username: 'a\nb' }, 's-1'],
    [{ email: 'not an address' }, 's-1'],
    [{}, 's-1'],
  ])('of %j is %p', (claims, name) => {
    expect(identity(claims).name).toBe(name)
  })

  it('comes from the claim that is configured', () => {
    expect(identity({ upn: 'ann', preferred_username: 'x' }, undefined, { nameClaim: 'upn' }).name).toBe('ann')
  })
})

describe('the address', () => {
  it('is taken with what is said of the same address only', () => {
    const userInfo = { email: 'b@corp.test', email_verified: true }
    expect(identity({ email: 'a@corp.test' }, userInfo)).not.toHaveProperty('email')
    expect(identity({}, userInfo).email).toBe('b@corp.test')
    expect(identity({ email: 'a@corp.test', email_verified: true }, { email_verified: false }).email).toBe(
      'a@corp.test',
    )
  })

  it('must be one', () => {
    expect(identity({ email: 'a b@c', email_verified: true })).not.toHaveProperty('email')
    expect(identity({ email: ['a@c'], email_verified: true })).not.toHaveProperty('email')
  })
})

describe('the groups', () => {
  it.each<[unknown, string[]]>([
    [
      ['a', 'b', 'a'],
      ['a', 'b'],
    ],
    ['a', ['a']],
    [['a', 7, null, '', 'b\u0000', 'c'.repeat(256)], ['a']],
    [{ a: 1 }, []],
    [null, []],
  ])('of %j are %j', (groups, expected) => {
    expect(identity({ groups }).groups).toEqual(expected)
  })

  it('are none when no source has any', () => {
    expect(identity({}).groups).toEqual([])
    expect(identity({}, {}).groups).toEqual([])
  })

  it('come from the id token even if the userinfo endpoint says more', () => {
    expect(identity({ groups: [] }, { groups: ['a'] }).groups).toEqual([])
    expect(identity({}, { groups: ['a'] }).groups).toEqual(['a'])
  })

  it('are at most 500', () => {
    expect(identity({ groups: Array.from({ length: 600 }, (_, index) => `g${index}`) }).groups).toHaveLength(500)
  })
})

it.each(['', 'a'.repeat(256), 7, 'a\u0007', undefined])('the subject %p is nobody', (sub) => {
  expect(() => identity({ sub })).toThrow('the claim "sub"')
})

it('the userinfo endpoint is worth asking for what the id token leaves out', () => {
  const whole = { preferred_username: 'ann', groups: [], email: 'a@corp.test' }
  expect(lacksClaims(whole, config())).toBe(false)
  expect(lacksClaims({ ...whole, groups: undefined }, config())).toBe(false)
  expect(lacksClaims({ preferred_username: 'ann', email: 'a@corp.test' }, config())).toBe(true)
  expect(lacksClaims(whole, config({ groupsClaim: 'roles' }))).toBe(true)
})
