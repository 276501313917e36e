import { expect, test } from 'bun:test'
import { RemoteError } from '../registry/image-source.ts'
import { failureOf } from './failure.ts'

test('what the remote said stands beside what became of it', () => {
  const error = new RemoteError('refused', 'b.example does not allow it', { said: 'DENIED: the tag v1 is immutable' })
  expect(failureOf(error)).toMatchObject({
    reason: 'b.example does not allow it; it says: DENIED: the tag v1 is immutable',
    kind: 'final',
  })
})
