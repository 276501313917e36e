import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RemoteRegistry } from '../../src/client/remote-registry.ts'
import type { FetchedManifest } from '../../src/registry/image-source.ts'
import { type InProcess, openInProcess } from '../e2e/support/in-process.ts'
import { makeUsers } from '../e2e/support/sign-in.ts'
import { sha256, UpstreamContent } from '../support/bad-upstream-content.ts'
import { type DockerRegistry, startDockerRegistry, testWithDockerRegistry } from '../support/docker-registry.ts'
import { bytesOf, openRemote, remoteError } from './support/remote.ts'

const PASSWORD = 'correct horse'
const users = makeUsers({ ann: PASSWORD })
const credentials = { username: 'ann', password: PASSWORD }
const hasDocker = Bun.which('docker-registry') !== null || process.env.CI === 'true'

let berth: InProcess
let folder = ''
let docker: DockerRegistry | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-client-'))
  const htpasswd = await users.file()
  berth = await openInProcess({ config: { auth: { htpasswd: { path: htpasswd } }, projects: { create: 'everyone' } } })
  if (!hasDocker) return
  const auth = { htpasswd: { realm: 'registry', path: htpasswd } }
  docker = await startDockerRegistry({ filesystem: { rootdirectory: folder } }, { auth })
})
afterAll(async () => {
  await docker?.stop()
  await berth.close()
  await users.remove()
  await rm(folder, { recursive: true, force: true })
})

const registries = [
  {
    name: 'docker-registry 2.8 with passwords',
    test: testWithDockerRegistry,
    url: () => docker?.url ?? '',
    ownAbilities: false,
  },
  { name: 'another Berth with tokens', test: it, url: () => berth.url, ownAbilities: true },
] as const

describe.each(registries)('$name', ({ test, url, ownAbilities }) => {
  const made = new UpstreamContent()
  const image = made.addImage('x', { layerBytes: [2_000_000, 0] })
  const fetched = image as FetchedManifest & typeof image

  async function putImage(remote: RemoteRegistry, name: string, tags: readonly string[]): Promise<void> {
    for (const { digest, content } of image.blobs) {
      const blob = { mediaType: 'application/octet-stream', digest, size: content.byteLength }
      await remote.putBlob(name, blob, async (offset) => new Blob([content.subarray(offset)]).stream())
    }
    await remote.putManifest(name, fetched, tags)
  }

  test('is signed in to, or not', async () => {
    const remote = openRemote(url(), { credentials })
    await remote.ping()
    expect(remote.health()).toMatchObject({ signedIn: true, failures: 0 })
    const wrong = openRemote(url(), { credentials: { username: 'ann', password: 'wrong' } })
    expect((await remoteError(wrong.ping())).kind).toBe('refused')
    expect(wrong.health().signedIn).toBe(false)
    // Berth has tokens for everybody, who may do nothing with them here.
    const nobody = openRemote(url())
    expect((await remoteError(ownAbilities ? nobody.hasBlob('client/app', image.digest) : nobody.ping())).kind).toBe(
      'refused',
    )
  })

  test('is put images, which come back as they were', async () => {
    const remote = openRemote(url(), { credentials })
    await putImage(remote, 'client/app', ['v1', 'v2'])
    const there = await remote.manifest('client/app', 'v2')
    expect([there?.digest, there?.mediaType]).toEqual([image.digest, fetched.mediaType])
    expect(await remote.resolve('client/app', 'v1')).toMatchObject({ digest: image.digest })
    for (const { digest, content } of image.blobs)
      for (const offset of new Set([0, Math.min(7, content.byteLength), content.byteLength])) {
        const blob = await remote.blob('client/app', digest, { offset })
        expect(blob && sha256(await bytesOf(blob.body))).toBe(sha256(content.subarray(offset)))
      }
    expect(await remote.tagPage('client/app', { after: '', limit: 1 })).toEqual({ tags: ['v1'], next: 'v1' })
    // Berth shows holders of a token for the catalog nothing yet but what the token is for.
    const names = await Array.fromAsync(remote.repositories())
    expect(names).toContain('client/app')
    expect(await remote.resolve('client/app', 'none')).toBeUndefined()
    expect(await remote.tagPage('client/none', { after: '', limit: 1 })).toBeUndefined()
  })

  test('mounts, and says so when it cannot', async () => {
    const remote = openRemote(url(), { credentials })
    await putImage(remote, 'client/from', ['v1'])
    const [{ digest } = image] = image.blobs
    expect(await remote.mountBlob('client/to', digest, 'client/from')).toBe(true)
    expect(await remote.mountBlob('client/to', sha256(randomBytes(8)), 'client/from')).toBe(false)
    expect(await remote.hasBlob('client/to', digest)).toBe(true)
  })

  test('lists referrers, itself or by the fallback tag', async () => {
    const remote = openRemote(url(), { credentials })
    await putImage(remote, 'client/signed', ['v1'])
    const signatures = ['a', 'b'].map(
      (n) => made.addImage('y', { subject: image, layerBytes: [], annotations: { n } }) as typeof fetched,
    )
    for (const signature of signatures) {
      for (const { digest, content } of signature.blobs)
        await remote.putBlob('client/signed', { mediaType: 'x/y', digest, size: content.byteLength }, async () =>
          new Blob([content]).stream(),
        )
    }
    await Promise.all(signatures.map((signature) => remote.putManifest('client/signed', signature, [])))
    const listed = await openRemote(url(), { credentials }).referrers('client/signed', image.digest)
    expect(listed.map(({ digest }) => digest).sort()).toEqual(signatures.map(({ digest }) => digest).sort())
    const tags = (await remote.tagPage('client/signed', { after: '', limit: 9 }))?.tags
    expect(tags).toEqual(ownAbilities ? ['v1'] : [image.digest.replace(':', '-'), 'v1'])
  })

  test('goes on with an upload that broke, or begins again', async () => {
    const remote = openRemote(url(), { credentials })
    const content = new Uint8Array(randomBytes(8_000_000))
    const blob = { mediaType: 'x/y', digest: sha256(content), size: content.byteLength }
    const offsets: number[] = []
    await remote.putBlob('client/broken', blob, async (offset) => {
      offsets.push(offset)
      const stream = new Blob([content.subarray(offset)]).stream()
      if (offsets.length > 1) return stream
      // Half of it, and then as if the network had gone.
      const half = new Blob([content.subarray(0, 4_000_000)]).stream().getReader()
      return new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          const { done, value } = await half.read()
          if (done) controller.error(await remoteError(openRemote('http://127.0.0.1:1').ping()))
          else controller.enqueue(value)
        },
      })
    })
    expect(offsets.length).toBeWithin(2, 4)
    expect(await remote.hasBlob('client/broken', blob.digest)).toBe(true)
    const there = await remote.blob('client/broken', blob.digest)
    expect(there && sha256(await bytesOf(there.body))).toBe(blob.digest)
  })

  test('deletes a tag alone, or says that it cannot', async () => {
    const remote = openRemote(url(), { credentials })
    await putImage(remote, 'client/tags', ['v1', 'v2'])
    if (ownAbilities) expect(await remote.deleteTag('client/tags', 'v1')).toBe(true)
    else expect((await remoteError(remote.deleteTag('client/tags', 'v1'))).message).toContain('single tags')
    expect(await remote.deleteTag('client/tags', 'none')).toBe(false)
    expect(await remote.resolve('client/tags', 'v2')).toMatchObject({ digest: image.digest })
  })
})
