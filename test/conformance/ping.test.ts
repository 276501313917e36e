import { describe, expect, test } from 'bun:test'
import { check, parse } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { randomContent } from './support/content.ts'
import { Index, OCI_INDEX } from './support/manifests.ts'

const registry = useRegistry('ping')

describe('end-1: the base answers whoever may enter', () => {
  test.each(['/v2/', '/v2'])('GET %s is 200 with an empty object, without a redirect', async (path) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': '2' }
    check(await registry.send('GET', path), { status: 200, headers, body: '{}' })
  })

  test('HEAD /v2/ is the same without the body', async () => {
    check(await registry.send('HEAD', '/v2/'), { status: 200, headers: { 'Content-Length': '2' }, body: '' })
  })
})

describe('a repository that never was', () => {
  test('end-8a: has no tag list', async () => {
    const path = `/v2/${registry.repository('empty')}/tags/list`
    check(await registry.send('GET', path), { status: 404, error: 'NAME_UNKNOWN' })
  })

  test('end-12a: has an empty list of referrers, since a 404 would say that the API is missing', async () => {
    const { digest } = randomContent('ping/subject', 32)
    const answer = await registry.send('GET', `/v2/${registry.repository('empty')}/referrers/${digest}`)
    check(answer, { status: 200, headers: { 'Content-Type': OCI_INDEX } })
    expect(parse(answer, Index)).toEqual({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] })
  })
})
