import { readFileSync } from 'node:fs'
import { expect, test } from 'bun:test'
import { cursorAfter, toEvent } from '../events/event.ts'
import { toSeen } from './feed.ts'
import { webhookRoutes } from './routes.ts'
import { signatureOf } from './send.ts'
import { messageOf } from './shapes.ts'
import { SHAPES } from './webhook.ts'

/** The push that docs/events.md tells of. */
const DIGEST = `sha256:${'4d'.repeat(32)}`
const event = toEvent({
  ...{ id: 812, at: Date.UTC(2026, 10, 22, 6), actor: 'user:7', actor_name: 'ann', address: '203.0.113.7' },
  ...{ action: 'manifest.pushed', target: 'repository:team/app', outcome: 'done' },
  detail: JSON.stringify({ digest: DIGEST, tags: [{ tag: 'v1' }] }),
})
if (event === undefined) throw new Error('a push is an event')

const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')

/** The JSON that follows a sentence or heading of the page. */
function exampleAfter(text: string): unknown {
  const at = page.indexOf(text)
  const found = at < 0 ? null : /```json\n([\s\S]*?)\n```/.exec(page.slice(at))
  if (found?.[1] === undefined) throw new Error(`docs/events.md has no example after "${text}"`)
  return JSON.parse(found[1])
}

test('the example of the feed', () => {
  expect(exampleAfter('## The feed')).toEqual({ items: [toSeen(event)], cursor: cursorAfter(812), more: false })
})

test('the example of a webhook that is added is taken, and names all that there is', () => {
  const example = exampleAfter('## Webhooks') as Record<string, unknown>
  const add = webhookRoutes(() => {
    throw new Error('nothing is sent')
  }).find(({ id }) => id === 'addProjectWebhook')
  expect(add?.body?.parse(example)).toEqual(example)
})

test.each(SHAPES)('the example of the shape %s', (shape) => {
  const content = { mediaType: 'application/vnd.oci.image.manifest.v1+json', sizeBytes: 1580 }
  const message = messageOf(shape, { event, source: 'https://registry.example', content })
  expect(exampleAfter(`#### \`${shape}\``)).toEqual(JSON.parse(message?.body ?? ''))
  expect(page).toContain(`\`${message?.mediaType.split(';')[0]}\``)
})

test('the example of a signature', () => {
  const [, secret = '', body = '', seconds = '', mac] =
    /secret `([^`]+)`, the body `([^`]+)` and the time `(\d+)` give `([0-9a-f]{64})`/.exec(page) ?? []
  expect(signatureOf(secret, body, new Date(Number(seconds) * 1000))).toBe(`t=${seconds},v1=${mac}`)
})
