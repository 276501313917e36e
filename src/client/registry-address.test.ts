import { afterAll, describe, expect, it } from 'bun:test'
import { createPlainEgress } from './plain-egress.ts'
import { parseRegistryHost, reachRegistry } from './registry-address.ts'

const registry = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/away') return Response.redirect('http://127.0.0.1:1/')
    if (pathname === '/large') return new Response('x'.repeat(1024 * 1024 + 1))
    return new Response(null, { headers: { 'docker-distribution-api-version': 'registry/2.0' } })
  },
})
const origin = `http://127.0.0.1:${registry.port}`
afterAll(() => registry.stop(true))

describe('the host of a registry', () => {
  it.each([
    ['registry.example', 'registry.example', undefined],
    ['Registry.Example:5000', 'registry.example:5000', undefined],
    ['https://registry.example:443/', 'registry.example:443', 'https'],
    ['http://127.0.0.1:5000', '127.0.0.1:5000', 'http'],
    ['[::1]:5000', '[::1]:5000', undefined],
  ] as const)('%s', (text, host, scheme) => {
    expect(parseRegistryHost(text)).toEqual({ host, scheme })
  })

  it.each(['', 'a b', 'user:x@registry.example', 'registry.example/team', 'ftp://a', 'a:99999', '-\n', '$(id)'])(
    'is not %p',
    (text) => {
      expect(() => parseRegistryHost(text)).toThrow('is not the host of a registry')
    },
  )
})

describe('reaching a registry', () => {
  it('finds plain HTTP on this machine', async () => {
    expect(await reachRegistry(`127.0.0.1:${registry.port}`, false)).toMatchObject({ origin })
  })

  it('says which host cannot be reached', async () => {
    await expect(reachRegistry('127.0.0.1:1', false)).rejects.toThrow('127.0.0.1:1 cannot be reached')
  })
})

describe('asking without encryption', () => {
  const ask = createPlainEgress(origin)

  it('goes to that host only, and where it was sent', async () => {
    expect((await ask(`${origin}/v2/`)).ok).toBe(true)
    await expect(ask('http://127.0.0.1:1/')).rejects.toThrow('is not where these credentials belong')
    await expect(ask(`${origin}/away`)).rejects.toThrow('redirect')
  })

  it('reads only so much', async () => {
    await expect(ask(`${origin}/large`)).rejects.toThrow('answered with more than')
  })
})
