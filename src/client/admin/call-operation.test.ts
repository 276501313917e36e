import { describe, expect, it } from 'bun:test'
import { createAdminClient } from './admin-client.ts'
import { callOperation, MAX_ITEMS, pagesOf } from './call-operation.ts'
import { shapeOf } from './operation.ts'
import { StrangeAnswer } from './strange-answer.ts'

const answering = (answer: () => Response) =>
  createAdminClient({ origin: 'http://registry.test', fetch: async () => answer() })

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function read(answer: () => Response, limit?: number): Promise<number> {
  let count = 0
  for await (const page of pagesOf(answering(answer), shapeOf('listProjects'), {}, limit)) count += page.length
  return count
}

describe('an answer that is not this API’s', () => {
  const answers: Readonly<Record<string, () => Response>> = {
    'a page': () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    text: () => new Response('{"items":[]}'),
    'a page that is not there': () => new Response('<html>', { status: 404 }),
    'half of it': () => new Response('{"items":[', { headers: { 'content-type': 'application/json' } }),
    nothing: () => new Response(null, { headers: { 'content-type': 'application/json' } }),
    null: () => Response.json(null),
    'a number': () => Response.json(7),
    'a list': () => Response.json([]),
    'no list': () => Response.json({}),
    'items that are none': () => Response.json({ items: 'many' }),
    'items of null': () => Response.json({ items: [null] }),
  }
  for (const [what, answer] of Object.entries(answers))
    it(`is told: ${what}`, async () => {
      expect(await thrownBy(callOperation(answering(answer), 'listProjects'))).toBeInstanceOf(StrangeAnswer)
      expect(await thrownBy(read(answer))).toBeInstanceOf(StrangeAnswer)
    })

  it('is told of a next page that is no text', async () => {
    expect(await thrownBy(read(() => Response.json({ items: [{}], next: {} })))).toBeInstanceOf(StrangeAnswer)
  })
})

it('a list without an end ends, unless so much is wanted', async () => {
  let next = 0
  const items = Array.from({ length: 250_000 }, () => ({}))
  const page = () => Response.json({ items, next: String(next++) })
  expect(String(await thrownBy(read(page)))).toContain(`after ${MAX_ITEMS} entries`)
  expect(await read(page, MAX_ITEMS + 1)).toBe(MAX_ITEMS + 1)
}, 60_000)
