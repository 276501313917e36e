import { expect, it } from 'bun:test'
import { parseAzureAddress } from './address.ts'

it('an address names a container, a prefix, an account, an endpoint and a file with its key', () => {
  const address = parseAzureAddress(
    'azure://images/a/b/?account=acme&endpoint=http%3A%2F%2Flocalhost%3A10000%2Facme&accountKeyFile=/run/key',
  )
  expect(address).toEqual({
    container: 'images',
    prefix: 'a/b/',
    account: 'acme',
    endpoint: new URL('http://localhost:10000/acme'),
    accountKeyFile: '/run/key',
  })
  expect(parseAzureAddress('azure://images').prefix).toBe('')
  expect(parseAzureAddress('azure://images/').prefix).toBe('')
})

it.each([
  ['azure://', 'names no container'],
  ['azure://Upper/x', 'names no container'],
  ['azure://two--dashes', 'names no container'],
  ['azure://images?acount=acme', '"acount" is no parameter'],
  ['azure://images?endpoint=ftp://x', 'endpoint'],
  ['azure://images?endpoint=https://x/?sv=1', 'endpoint'],
])('%s is refused: %s', (text, reason) => {
  expect(() => parseAzureAddress(text)).toThrow(reason)
})
