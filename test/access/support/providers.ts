import { expect } from 'bun:test'
import type { Answer } from '../../conformance/support/client.ts'
import type { TestOidcProvider } from '../../support/oidc.ts'
import { GROUPS, PEOPLE, READER, type Slapd } from '../../support/slapd.ts'
import { type Browser, cookieOf, csrfOf, ORIGIN, type World } from './world.ts'

export const CALLBACK = `${ORIGIN}/auth/callback/corp`
export const CLIENT = { clientId: 'berth', redirectUris: [CALLBACK] }

export function oidcConfig({ issuer }: TestOidcProvider, name = 'corp') {
  return { [name]: { issuer, clientId: 'berth', scopes: 'openid profile email groups' } }
}

export function ldapConfig(slapd: Slapd) {
  return {
    dir: {
      url: slapd.url,
      insecure: true,
      userBase: PEOPLE,
      groupBase: GROUPS,
      bindDn: READER.dn,
      bindPasswordFile: slapd.readerPasswordFile,
    },
  }
}

export interface Started {
  /** At the provider. */
  readonly url: URL
  /** Of the browser that began it. */
  readonly cookie: string
}

export async function beginOidc(world: World, next?: string): Promise<Started> {
  const query = next === undefined ? {} : { next }
  const answer = await world.send('GET', '/auth/login/corp', { query })
  expect(answer).toHaveProperty('status', 303)
  return { url: new URL(answer.headers.get('location') ?? ''), cookie: cookieOf(answer) }
}

export function finishOidc(world: World, back: URL, cookie: string): Promise<Answer> {
  return world.send('GET', `${back.pathname}${back.search}`, { headers: { cookie } })
}

/** To the provider and back, with what came of it. */
export async function oidcAnswer(world: World, provider: TestOidcProvider, login: string): Promise<Answer> {
  const { url, cookie } = await beginOidc(world)
  return finishOidc(world, await provider.signIn(url, login), cookie)
}

export async function oidcBrowser(world: World, provider: TestOidcProvider, login: string): Promise<Browser> {
  const answer = await oidcAnswer(world, provider, login)
  expect(answer).toHaveProperty('status', 303)
  const cookie = cookieOf(answer)
  const csrf = csrfOf(await world.send('GET', '/auth/', { headers: { cookie } }))
  world.secrets.add(cookie.slice(cookie.indexOf('=') + 1))
  return { cookie, csrf, headers: { cookie, 'x-csrf-token': csrf, origin: ORIGIN }, withoutCsrf: { cookie } }
}

/** The names of a user's groups. */
export async function groupsOf(world: World, name: string): Promise<string[]> {
  return (
    await world.query<{ name: string }>(
      `select groups.name from groups join group_members on group_id = groups.id
       join users on users.id = user_id where users.name = ? order by groups.name`,
      name,
    )
  ).map((row) => row.name)
}

export async function names(world: World): Promise<string[]> {
  return (await world.query<{ name: string }>('select name from users order by name')).map(({ name }) => name)
}
