import { describe, test } from 'bun:test'
import { checkBlob, checkBlobAbsent, deleteBlob } from './support/blobs.ts'
import { check, headerOf } from './support/check.ts'
import { useRegistry } from './support/client.ts'
import { ALGORITHMS, randomContent } from './support/content.ts'
import * as uploads from './support/uploads.ts'

const registry = useRegistry('mount')

describe.each([...ALGORITHMS])('end-11: mounting a blob by %s', (algorithm) => {
  const here = { registry, name: registry.repository(`${algorithm}-here`) }
  const there = { registry, name: registry.repository(`${algorithm}-there`) }
  const mount = (digest: string, from: Record<string, string>) =>
    registry.send('POST', `/v2/${here.name}/blobs/uploads/`, { query: { mount: digest, ...from } })

  const SOURCES = [
    ['from the repository that has it', { from: there.name }],
    ['from wherever the caller may pull it', {}],
  ] as const

  test.each(SOURCES)('%s: 201, and the two copies live apart', async (label, from) => {
    const blob = randomContent(`mount/${label}`, 512, algorithm)
    await uploads.pushBlob(there, blob)
    await checkBlobAbsent(here, blob.digest)
    check(await mount(blob.digest, from), uploads.created(here.name, blob.digest))
    await checkBlob(here, blob)
    await deleteBlob(there, blob.digest)
    await checkBlob(here, blob)
    await deleteBlob(here, blob.digest)
  })

  // Never a 404: that would tell what is in a repository the caller may not see.
  test.each(SOURCES)('%s, where nobody has it: 202, an upload like any other', async (label, from) => {
    const blob = randomContent(`mount/missing/${label}`, 512, algorithm)
    const answer = check(await mount(blob.digest, from), uploads.started(here.name))
    const location = headerOf(answer, 'Location')
    const end = await uploads.finish(registry, location, blob.digest, { start: 0, bytes: blob.bytes })
    check(end, uploads.created(here.name, blob.digest))
    await checkBlob(here, blob)
  })

  test('from a repository that never was: 202', async () => {
    const { digest } = randomContent('mount/nowhere', 512, algorithm)
    check(await mount(digest, { from: registry.repository('nowhere') }), uploads.started(here.name))
  })
})
