import { describe, expect, it } from 'bun:test'
import { z } from 'zod'
import { define } from './define.ts'
import { openApi } from './openapi.ts'

const routes = [
  define('GET /things', {
    id: 'a',
    access: 'public',
    summary: 'A.',
    response: z.strictObject({}),
    handle: async () => ({}),
  }),
  define('GET /bytes', {
    ...{ id: 'b', access: 'public', summary: 'B.', raw: true, mediaType: 'application/octet-stream' },
    handle: async () => ({ status: 200, body: 'bytes' }),
  }),
]

describe('the description of the admin API', () => {
  it('says of a raw row which media type it answers with', () => {
    const { paths } = openApi(routes, '1') as { paths: Record<string, { get: { responses: Record<string, object> } }> }
    const contentOf = (path: string) => paths[path]?.get.responses['200']
    expect(contentOf('/things')).toMatchObject({ content: { 'application/json': {} } })
    expect(contentOf('/bytes')).toMatchObject({
      content: { 'application/octet-stream': { schema: { type: 'string' } } },
    })
  })
})
