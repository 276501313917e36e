import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { checkBlob, checkBlobAbsent, deleteBlob } from '../conformance/support/blobs.ts'
import { check, headerOf } from '../conformance/support/check.ts'
import type { Answer } from '../conformance/support/client.ts'
import { randomContent } from '../conformance/support/content.ts'
import { blobPath, created, pushBlob, started } from '../conformance/support/uploads.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { EVERYONE_CREATES, makeUsers, tokenFor } from './support/sign-in.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer(async () => ({ args: ['--htpasswd', await users.file()], env: EVERYONE_CREATES }))
const users = makeUsers({ ann: 'correct horse' })
afterAll(() => users.remove())

const blob = randomContent('mount', 5000)

async function mount(scope: string, query: Readonly<Record<string, string>>): Promise<Answer> {
  const registry = server.with(await tokenFor(server, users.basic('ann'), scope))
  return registry.send('POST', '/v2/e2e/target/blobs/uploads/', { query })
}

/** What of an answer could tell one reason from another. */
function visible(answer: Answer) {
  const id = headerOf(answer, 'Docker-Upload-UUID')
  const headers = [...answer.headers]
    .filter(([name]) => name !== 'x-request-id' && name !== 'date')
    .map(([name, value]) => `${name}: ${value.replaceAll(id, 'ID')}`)
  return { status: answer.status, headers, body: answer.text }
}

describe('row 17: a mount that cannot be', () => {
  test('row 17: is the same 202 whatever the reason', async () => {
    await pushBlob({ registry: server.with(users.basic('ann')), name: 'e2e/secret' }, blob)
    const narrow = 'repository:e2e/target:pull,push'
    const wide = `${narrow} repository:e2e/secret:pull`
    const unknown = randomContent('mount/unknown', 10).digest
    const answers = [
      await mount(narrow, { mount: blob.digest, from: 'e2e/secret' }),
      await mount(narrow, { mount: blob.digest, from: 'e2e/absent' }),
      await mount(narrow, { mount: unknown, from: 'e2e/secret' }),
      await mount(wide, { mount: unknown, from: 'e2e/secret' }),
      await mount(wide, { mount: blob.digest, from: 'NOT/a/../name' }),
      await mount(wide, { mount: 'sha256:short', from: 'e2e/secret' }),
      await mount(narrow, { mount: blob.digest }),
    ]
    for (const answer of answers) {
      check(answer, started('e2e/target'))
      expect(visible(answer)).toEqual(visible(answers[0] ?? answer))
    }
    const target = { registry: server.with(users.basic('ann')), name: 'e2e/target' }
    await checkBlobAbsent(target, blob.digest)
  })
})

test('row 18: a mount that may be is 201, and deleting the source leaves it', async () => {
  const registry = server.with(users.basic('ann'))
  const source = { registry, name: 'e2e/source' }
  const target = { registry, name: 'e2e/target' }
  const own = randomContent('mount/own', 5000)
  await pushBlob(source, own)
  const scope = 'repository:e2e/target:pull,push repository:e2e/source:pull'
  check(await mount(scope, { mount: own.digest, from: 'e2e/source' }), created('e2e/target', own.digest))
  await deleteBlob(source, own.digest)
  await checkBlob(target, own)
})

test('row 19: a blob of another repository is 404, warm in the cache or not', async () => {
  const registry = server.with(users.basic('ann'))
  for (const sizeBytes of [100, 200_000]) {
    const own = randomContent('elsewhere', sizeBytes)
    await pushBlob({ registry, name: 'e2e/has-it' }, own)
    const absent = { registry, name: 'e2e/has-it-not' }
    await checkBlobAbsent(absent, own.digest)
    await checkBlob({ registry, name: 'e2e/has-it' }, own)
    await checkBlobAbsent(absent, own.digest)
    const range = { headers: { Range: 'bytes=0-0' } }
    const answer = await registry.send('GET', blobPath(absent.name, own.digest), range)
    check(answer, { status: 404, error: 'BLOB_UNKNOWN' })
  }
})
