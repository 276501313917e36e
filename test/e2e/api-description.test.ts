import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import Ajv from 'ajv/dist/2020'
import { z } from 'zod'
import { API_TYPES, apiTypes } from '../../scripts/client/api-types.ts'
import { apiRoutes } from '../../src/api-routes.ts'
import { createAdminClient } from '../../src/client/admin/admin-client.ts'
import type { ApiRoute } from '../../src/http/api/api-route.ts'
import type { Answer } from '../conformance/support/client.ts'
import { type Person, World } from '../access/support/world.ts'
import { image, pushImage } from './support/images.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(4 * PATIENCE_MS)

const description = z.looseObject({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        responses: z.record(
          z.string(),
          z.looseObject({
            content: z.record(z.string(), z.looseObject({ schema: z.record(z.string(), z.unknown()) })).optional(),
          }),
        ),
      }),
    ),
  ),
})

const routes = await apiRoutes()
/** They go on for as long as somebody listens: their own tests do. */
const isStream = ({ mediaType }: ApiRoute) => mediaType === 'text/event-stream'
let world: World
let people: Record<'administrator' | 'owner' | 'stranger', Person>
let described: z.infer<typeof description>
beforeAll(async () => {
  world = await World.open()
  people = {
    administrator: await world.user('administrator', { systemRole: 'administrator' }),
    owner: await world.user('owner'),
    stranger: await world.user('stranger'),
  }
  await world.project('dev')
  await world.grant('dev', 'user:owner', 'owner')
  await pushImage({ registry: world.with(people.owner.basic), name: 'dev/app' }, image('description/one'), 'v1')
  described = description.parse(JSON.parse((await world.send('GET', '/api/v1/openapi.json')).text))
})
afterAll(() => world?.close())

/** What is there; whatever else a path may name is not. */
const THERE: Readonly<Record<string, string>> = {
  ...{ repository: 'dev/app', project: 'dev', tag: 'v1', reference: 'v1', user: 'owner' },
}
/** Whatever has an id of its own and was not made. */
const NOT_THERE = '999999'
const QUERIES: Readonly<Record<string, string>> = {
  search: '?q=app',
  compareImages: '?from=v1&to=v1',
  compareFiles: '?from=v1&to=v1',
  explainAccess: '?action=pull&repository=dev/app',
  findPackages: '?name=none',
  readFile: '?path=/etc/motd',
}

function addressOf({ id, path }: ApiRoute, there = THERE): string {
  return (
    path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => encodeURIComponent(there[name] ?? NOT_THERE)) +
    (QUERIES[id] ?? '')
  )
}

function isWithin(access: ApiRoute['access'], who: 'owner' | 'stranger' | 'nobody'): boolean {
  if (access === 'public') return true
  if (who === 'nobody') return false
  if (['signed-in', 'visible', 'own'].includes(access)) return true
  return who === 'owner' && (['see', 'manage'].includes(access) || access.startsWith('repository:'))
}

const SUCCEEDS = [200, 201, 204]

/** What is wrong with an answer by what the description says; undefined: nothing. */
function misfit(route: ApiRoute, answer: Answer): string | undefined {
  const operation = described.paths[route.path]?.[route.method.toLowerCase()]
  if (!SUCCEEDS.includes(answer.status)) {
    const problem = z.object({ status: z.literal(answer.status), title: z.string(), detail: z.string().min(1) })
    return problem.safeParse(JSON.parse(answer.text || '{}')).success ? undefined : `no problem: ${answer.text}`
  }
  const content = operation?.responses[`${answer.status}`]?.content?.['application/json']
  if (content === undefined) return undefined
  const ajv = new Ajv({ strict: false, validateFormats: false })
  return ajv.validate(content.schema, JSON.parse(answer.text)) ? undefined : ajv.errorsText()
}

test('the description is one of OpenAPI 3.1, and names every operation once', async () => {
  const validator = new Validator()
  const judged = await validator.validate(structuredClone(described))
  expect([judged.valid, judged.errors ?? []]).toEqual([true, []])
  expect(validator.version).toBe('3.1')
  const ids = Object.values(described.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  )
  expect(ids.toSorted()).toEqual([...new Set(routes.map(({ id }) => id))].toSorted())
})

test('the types of the client are made of it (npm run docs)', async () => {
  expect(readFileSync(API_TYPES, 'utf8') === (await apiTypes())).toBe(true)
})

test('the client asks by it', async () => {
  const client = createAdminClient({
    origin: 'https://registry.test',
    headers: people.owner.basic,
    fetch: async ({ method, url, headers }) => {
      const { pathname, search } = new URL(url)
      const answer = await world.send(method, `${pathname}${search}`, { headers: Object.fromEntries(headers) })
      return new Response(answer.bytes, answer)
    },
  })
  const path = { repository: 'dev/app' }
  const { data } = await client.GET('/repositories/{repository}/tags', { params: { path, query: { limit: 10 } } })
  expect(data?.items.map(({ name }) => name)).toEqual(['v1'])
  const { error } = await client.GET('/repositories/{repository}', { params: { path: { repository: 'dev/none' } } })
  expect(error).toMatchObject({ status: 404 })
})

describe('every operation answers as it is described', () => {
  test.each(
    routes.filter((route) => route.method === 'GET' && !isStream(route)).map((route) => [route.id, route] as const),
  )('%s', async (_, route) => {
    const path = addressOf(route)
    const names = [...route.path.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name ?? '')
    const exists = names.every((name) => name in THERE)
    const whole = await world.api('GET', path, people.administrator.basic)
    expect([whole.status, misfit(route, whole)]).toEqual([expect.any(Number), undefined])
    // What was not made yet may be missing of what is there: a quota, a report.
    expect(exists ? [200, 404, 409] : [404], path).toContain(whole.status)
    for (const who of ['owner', 'stranger', 'nobody'] as const) {
      const answer = await world.api('GET', path, who === 'nobody' ? {} : people[who].basic)
      expect([who, misfit(route, answer)]).toEqual([who, undefined])
      expect(isWithin(route.access, who) ? [whole.status] : [401, 403, 404], `${who} ${path}`).toContain(answer.status)
    }
  })

  test.each(routes.filter(({ method }) => method !== 'GET').map((route) => [route.id, route] as const))(
    '%s, of what is not there and with what it does not take',
    async (_, route) => {
      const path = addressOf(route, {})
      const bodies = route.body === undefined ? [undefined] : [{ 'no such key': 1 }, [], 'text', null]
      for (const body of bodies) {
        const answer = await world.api(route.method, path, people.administrator.basic, body)
        expect([body, misfit(route, answer)]).toEqual([body, undefined])
        expect(answer.status).toBeLessThan(500)
        const refused = await world.api(route.method, path, {}, body)
        expect([refused.status, misfit(route, refused)]).toEqual([401, undefined])
      }
    },
  )

  test('and none of it was an error of the server', () => {
    expect(world.errors()).toBe('')
  })
})
