import { expect, it } from 'bun:test'
import { parseGcsAddress } from './address.ts'

it('an address names a bucket, a prefix, an endpoint and a file with credentials', () => {
  expect(parseGcsAddress('gs://images/a/b/?endpoint=http://localhost:4443&credentialsFile=/run/key.json')).toEqual({
    bucket: 'images',
    prefix: 'a/b/',
    endpoint: 'http://localhost:4443',
    credentialsFile: '/run/key.json',
  })
  expect(parseGcsAddress('gs://images')).toEqual({
    bucket: 'images',
    prefix: '',
    endpoint: 'https://storage.googleapis.com',
    credentialsFile: undefined,
  })
})

it.each([
  ['gs://', 'names no bucket'],
  ['gs://Upper/x', 'names no bucket'],
  ['gs://images?region=eu', 'knows no parameter "region"'],
  ['gs://images?endpoint=ftp://x', 'endpoint'],
  ['gs://images?endpoint=https://x/path', 'endpoint'],
])('%s is refused: %s', (text, reason) => {
  expect(() => parseGcsAddress(text)).toThrow(reason)
})
