import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import { z } from 'zod'
import { apiRoutes } from '../../src/api-routes.ts'
import type { ApiRoute } from '../../src/http/api/api-route.ts'
import { type Person, World } from '../access/support/world.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { fromSchema } from './from-schema.ts'
import { SEED } from './parameters.ts'

setDefaultTimeout(180_000)

/** Of each operation; rounds go on until there were enough or the time is over. */
const ROUNDS = 40
const MOST_MS = 20_000

/** These speak to addresses elsewhere, or run until they are done; streams, which never are, are left out too. */
const LEFT_OUT = /^(test[A-Z]|runCollector|adoptAgain)/

let world: World
let administrator: Person
beforeAll(async () => {
  world = await World.open()
  administrator = await world.user('administrator', { systemRole: 'administrator' })
  await world.user('owner')
  await world.project('dev')
  await pushImage({ registry: world.with(administrator.basic), name: 'dev/app' }, image('fuzz/one'), 'v1')
})
afterAll(() => world?.close())

interface Asked {
  readonly path: string
  readonly body: unknown
}

const THERE: Readonly<Record<string, string>> = {
  ...{ repository: 'dev/app', project: 'dev', tag: 'v1', reference: 'v1', user: 'owner' },
}

function schemaOf(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}

/** Sent in a path or a query: a lone half of a character is no text there. */
function written(value: unknown): string {
  return encodeURIComponent(String(typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed())
}

function requestsOf(route: ApiRoute): fc.Arbitrary<Asked> {
  const names = Object.keys(route.parameters.shape)
  const parameters = fc.record(
    Object.fromEntries(
      names.map((name) => {
        const wild = fromSchema(schemaOf(route.parameters.shape[name] as z.ZodType))
        const known = fc.constant<unknown>(THERE[name] ?? '1')
        return [name, fc.oneof({ weight: 4, arbitrary: known }, { weight: 1, arbitrary: wild })]
      }),
    ),
  )
  const queries = fc.record(
    Object.fromEntries(
      Object.entries(route.query.shape).map(([name, each]) => [name, fromSchema(schemaOf(each as z.ZodType))]),
    ),
    { requiredKeys: [] },
  )
  const bodies = route.body === undefined ? fc.constant(undefined) : fromSchema(schemaOf(route.body))
  return fc.record({ parameters, queries, body: bodies }).map(({ parameters: given, queries: asked, body }) => {
    const path = route.path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => written(given[name]) || '-')
    const query = Object.entries(asked).map(([name, value]) => `${name}=${written(value)}`)
    return { path: query.length === 0 ? path : `${path}?${query.join('&')}`, body }
  })
}

test(`nothing that anybody may ask is an error of the server (BERTH_TEST_SEED=${SEED})`, async () => {
  const routes = (await apiRoutes()).filter(
    ({ id, mediaType }) => !LEFT_OUT.test(id) && mediaType !== 'text/event-stream',
  )
  const planned = routes.map((route) => ({
    route,
    requests: fc.sample(requestsOf(route), { seed: SEED, numRuns: ROUNDS }),
  }))
  const until = performance.now() + MOST_MS
  const broken: string[] = []
  const succeeded = new Set<string>()
  let asked = 0
  for (let round = 0; round < ROUNDS && performance.now() < until; round += 1)
    for (const { route, requests } of planned) {
      const request = requests[round]
      if (request === undefined) continue
      const { path, body } = request
      const answer = await world.api(route.method, path, administrator.basic, body)
      asked += 1
      if (answer.status < 300) succeeded.add(route.id)
      if (answer.status >= 500)
        broken.push(`${route.id}: ${answer.status} ${route.method} ${path} ${JSON.stringify(body)}`)
    }
  expect(broken).toEqual([])
  expect(world.errors()).toBe('')
  expect(asked).toBeGreaterThanOrEqual(routes.length)
  // Otherwise it would only be asked what is refused at the door.
  expect(succeeded.size).toBeGreaterThan(routes.length / 4)
})
