import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { OPERATOR } from '../../src/lib/actor.ts'
import { changeRule } from '../../src/replication/manage-rules.ts'
import type { RuleBodyInput } from '../../src/replication/rule.ts'
import { Link, openSide, put, type Side, testImage } from './support/pair.ts'

setDefaultTimeout(60_000)

const BY = { actor: OPERATOR, principal: undefined }
const ONE = testImage(1)
const TWO = testImage(2)
const THREE = testImage(3)

const sides: Side[] = []
afterEach(async () => {
  for (const { berth } of sides.splice(0)) await berth.close()
})

/** Two registries, and rules at the first that bring images to and from the second. */
async function open(rules: Readonly<Record<string, { direction: 'push' | 'pull'; body: RuleBodyInput }>>) {
  const link = new Link()
  const b = await openSide({})
  const a = await openSide({ b: () => link.through(b.as('geo-a')) })
  sides.push(a, b)
  for (const [name, rule] of Object.entries(rules)) await a.addRule(name, { remote: 'b', ...rule })
  return { a, b, link }
}

test.each([
  ['other repositories', { repositories: 'vend/**' }],
  ['other tags', { tags: 'release-*' }],
  ['other names here', { addPrefix: 'from-b/' }],
] as const)('a rule that pulls %s neither deletes nor overwrites what another rule pushes', async (_, other) => {
  const { a, b, link } = await open({
    nightly: { direction: 'push', body: { repositories: 'mine/**' } },
    releases: { direction: 'pull', body: { deletes: true, ...other } },
  })
  await put(a.user, 'mine/app', ONE, ['v1', 'v2', 'v3'])
  await put(b.user, 'vend/z', ONE, ['release-1'])
  await a.run('nightly')
  await a.run('releases')
  await b.user.deleteTag('mine/app', 'v1')
  await put(b.user, 'mine/app', TWO, ['v2'])
  link.requests = []
  await a.run('releases')
  expect(await a.tags('mine/app')).toEqual({ v1: ONE.digest, v2: ONE.digest, v3: ONE.digest })
  if (!('addPrefix' in other)) expect(link.requests.filter((each) => / mine\/app v/.test(each))).toEqual([])
})

test.each([
  ['other repositories', { repositories: 'vend/**' }],
  ['other tags', { tags: 'release-*' }],
  ['other names here', { addPrefix: 'from-b/' }],
  ['only what is signed', { signedOnly: true }],
] as const)('beside a rule that pulls %s, a rule that pushes deletes only what it brought', async (_, other) => {
  const { a, b } = await open({
    push: { direction: 'push', body: { repositories: 'team/**', deletes: true } },
    pull: { direction: 'pull', body: other },
  })
  await put(b.user, 'team/app', ONE, ['both'])
  await put(a.user, 'team/app', ONE, ['both', 'moved', 'brought'])
  await a.run('push')
  await put(b.user, 'team/app', TWO, ['moved'])
  for (const tag of ['both', 'moved', 'brought']) await a.user.deleteTag('team/app', tag)
  await a.run('push')
  expect(await b.tags('team/app')).toEqual({ both: ONE.digest, moved: TWO.digest })
})

test('a rule whose filters were narrowed leaves alone what it does not select any more', async () => {
  const { a, b } = await open({ rule: { direction: 'push', body: { deletes: true, onEvent: true } } })
  await put(a.user, 'team/app', ONE, ['v1', 'v2'])
  await a.engine.run()
  await put(a.user, 'team/app', THREE, ['v2'])
  await a.user.deleteTag('team/app', 'v1')
  await changeRule(a.berth.app.management, BY, 'rule', { body: { repositories: 'other/**' } })
  await a.engine.run()
  await a.run('rule')
  expect(await b.tags('team/app')).toEqual({ v1: ONE.digest, v2: ONE.digest })
})

test('what both ways had goes on both sides, only where the content is what the rule is about', async () => {
  const labels = ['stage=prod']
  const { a, b } = await open({
    push: { direction: 'push', body: { labels, deletes: true, conflicts: 'newest' } },
    pull: { direction: 'pull', body: { labels, deletes: true, conflicts: 'newest' } },
  })
  const prod = testImage('prod', { labels: { stage: 'prod' } })
  for (const { user } of [a, b]) await put(user, 'team/app', ONE, ['other'])
  await put(b.user, 'team/app', prod, ['prod'])
  await a.run('pull')
  await a.run('push')
  for (const tag of ['other', 'prod']) await a.user.deleteTag('team/app', tag)
  await a.run('push')
  expect(await b.tags('team/app')).toEqual({ other: ONE.digest })
})
