import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test'
import { createUser } from '../../src/auth/manage-users.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { Link, openSide, put, type Side, testImage } from './support/pair.ts'

setDefaultTimeout(60_000)

let a: Side
let b: Side
const link = new Link()

beforeEach(async () => {
  link.isCut = false
  b = await openSide({})
  a = await openSide({ b: () => link.through(b.as('geo-a')) })
  const admin = { name: 'root', password: 'correct horse battery', systemRole: 'administrator' } as const
  await createUser(a.berth.app.management, { actor: OPERATOR, principal: undefined }, admin)
})
afterEach(async () => {
  await a.berth.close()
  await b.berth.close()
})

async function api(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${a.berth.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Basic ${btoa('root:correct horse battery')}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
}

test('rules are made, changed and removed; what is wrong changes nothing', async () => {
  const made = await api('POST', '/replication/rules', {
    name: 'out',
    remote: 'b',
    direction: 'push',
    schedule: '@daily',
  })
  expect(made.body).toMatchObject({ name: 'out', remote: 'b', enabled: true, repositories: '**', conflicts: 'source' })
  for (const [wrong, why] of [
    [{ name: 'out', remote: 'b', direction: 'push' }, /there is a replication rule "out" already/],
    [{ name: 'other', remote: 'nowhere', direction: 'push' }, /there is no remote "nowhere"/],
    [{ name: 'Other', remote: 'b', direction: 'push' }, /name of a rule/],
    [{ name: 'other', remote: 'b', direction: 'pull', onEvent: true }, /only rules that push/],
    [{ name: 'other', remote: 'b', direction: 'push', tags: 'regex:(' }, /RE2/],
    [{ name: 'other', remote: 'b', direction: 'push', schedule: '61 * * * *' }, /is no schedule/],
    [{ name: 'other', remote: 'b', direction: 'push', addPrefix: 'Up/' }, /cannot stand before/],
    [{ name: 'other', remote: 'b', direction: 'push', repositories: 'A' }, /the pattern "A"/],
  ] as const) {
    const { status, body } = await api('POST', '/replication/rules', wrong)
    expect([status >= 400 && status < 500, body.detail]).toEqual([true, expect.stringMatching(why)])
  }
  expect((await api('GET', '/replication/rules')).body.items.length).toBe(1)

  const changed = await api('PATCH', '/replication/rules/out', { schedule: null, tags: 'v*', enabled: false })
  expect(changed.body).toMatchObject({ tags: 'v*', enabled: false })
  expect(changed.body.schedule).toBeUndefined()
  expect((await api('POST', '/replication/rules/out/executions')).body.detail).toMatch(/is off/)
  // Nobody takes the remote away from under a rule.
  expect((await api('DELETE', '/remotes/b')).body.detail).toMatch(/needed by the replication rule out/)
  expect((await api('DELETE', '/replication/rules/out')).status).toBe(204)
  expect((await api('GET', '/replication/rules/out')).status).toBe(404)
})

test('executions have a log with pages, and can be stopped and tried again', async () => {
  await put(a.user, 'team/app', testImage(1), ['v1', 'v2', 'v3'])
  await api('POST', '/replication/rules', { name: 'out', remote: 'b', direction: 'push' })
  const { body: started } = await api('POST', '/replication/rules/out/executions')
  expect(started).toMatchObject({ rule: 'out', trigger: 'manual', actor: 'root', state: 'waiting' })
  expect((await api('POST', '/replication/rules/out/executions')).body.detail).toMatch(/has not ended yet/)
  await a.engine.run()
  expect((await api('GET', `/replication/executions/${started.id}`)).body).toMatchObject({ state: 'done', copied: 3 })
  const images = `/replication/executions/${started.id}/images`
  const first = await api('GET', `${images}?limit=2`)
  expect(first.body.items.map(({ reference }: { reference: string }) => reference)).toEqual(['v1', 'v2'])
  const rest = await api('GET', `${images}?limit=2&after=${encodeURIComponent(first.body.next)}`)
  expect(rest.body).toEqual({ items: [expect.objectContaining({ reference: 'v3', state: 'copied' })] })
  expect((await api('GET', `${images}?state=failed`)).body.items).toEqual([])
  expect((await api('POST', `/replication/executions/${started.id}/retry`)).body.detail).toMatch(/nothing failed/)
  expect((await api('POST', `/replication/executions/${started.id}/stop`)).body.detail).toMatch(/has ended already/)
  expect((await api('GET', '/replication/rules/out/executions')).body.items.length).toBe(1)
  const audit = await api('GET', '/audit')
  expect(JSON.stringify(audit.body)).toMatch(
    /replication\.created[\s\S]*replication\.started|replication\.started[\s\S]*replication\.created/,
  )
})

test('what a change has to do is written down with it, or not at all', async () => {
  await api('POST', '/replication/rules', { name: 'out', remote: 'b', direction: 'push', onEvent: true })
  const { registry } = a.berth.app
  const push = () => put(a.user, 'team/app', testImage(1), ['v1'])
  const { recorder } = registry
  const record = recorder.record
  recorder.record = async () => {
    throw new Error('the transaction fails at its end')
  }
  expect(push()).rejects.toThrow('fails at its end')
  await push().catch(() => undefined)
  recorder.record = record
  expect(await a.queued()).toBe(0)
  await push()
  expect(await a.queued()).toBe(1)
  // Without a rule that listens nothing is written.
  await api('PATCH', '/replication/rules/out', { onEvent: false })
  await a.user.deleteTag('team/app', 'v1')
  expect(await a.queued()).toBe(0)
})
