import { expect, it } from 'bun:test'
import { parseDigest } from '../oci/digest.ts'
import { parseImageName } from './image-name.ts'

const DIGEST = parseDigest(`sha256:${'0a'.repeat(32)}`)

it.each<[string, string, object]>([
  ['team/app:v1', 'team/app', { tag: 'v1' }],
  ['team/app', 'team/app', { tag: 'latest' }],
  [`team/app@${DIGEST}`, 'team/app', { digest: DIGEST }],
  [`team/app:v1@${DIGEST}`, 'team/app', { digest: DIGEST }],
])('%s is an image', (text, repository, reference) => {
  expect<unknown>(parseImageName(text)).toEqual({ text, repository, reference })
})

it.each([
  '',
  ':v1',
  '@',
  'Team/app:v1',
  'team/app:',
  'team/app:v1:v2',
  'team/app@v1',
  'team/app@sha256:abc',
  `team/app@${DIGEST}@${DIGEST}`,
  'registry.test:5000/team/app:v1',
  'team//app:v1',
  'team/app:v1\n',
])('%j is none', (text) => {
  expect(parseImageName(text)).toBeUndefined()
})
