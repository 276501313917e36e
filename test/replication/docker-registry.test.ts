import { afterEach, beforeEach, expect, setDefaultTimeout } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DockerRegistry, startDockerRegistry, testWithDockerRegistry as test } from '../support/docker-registry.ts'
import { type CountingProxy, countRequests } from './support/counting.ts'
import { openSide, put, type Side, testImage } from './support/pair.ts'

setDefaultTimeout(240_000)

const SIGNATURE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

let folder = ''
let docker: DockerRegistry | undefined
let proxy: CountingProxy | undefined
const sides: Side[] = []

beforeEach(async () => {
  if (Bun.which('docker-registry') === null) return
  folder = await mkdtemp(join(tmpdir(), 'berth-replication-'))
  docker = await startDockerRegistry({ filesystem: { rootdirectory: folder } })
  proxy = countRequests(docker.url)
})
afterEach(async () => {
  for (const side of sides.splice(0)) await side.berth.close()
  await proxy?.stop()
  await docker?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function open(): Promise<Side> {
  const side = await openSide({ docker: proxy?.url ?? '' })
  sides.push(side)
  return side
}

async function digestThere(name: string, tag: string): Promise<string | null> {
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json' }
  const answer = await fetch(`${docker?.url}/v2/${name}/manifests/${tag}`, { headers })
  return answer.status === 200 ? answer.headers.get('docker-content-digest') : null
}

test('docker-registry gets images with their signatures, and another Berth gets them from there', async () => {
  const a = await open()
  const image = testImage('signed')
  await put(a.user, 'team/app', image, ['v1', 'latest'])
  await put(a.user, 'team/app', testImage('plain'), ['v2'])
  await put(a.user, 'team/app', testImage('signature', { subject: image, artifactType: SIGNATURE }), [])
  await put(a.user, 'team/app', testImage('cosign'), [`${image.digest.replace(':', '-')}.sig`])
  await a.addRule('out', { remote: 'docker', direction: 'push', body: { addPrefix: 'mirror/' } })

  const sent = await a.run('out')
  expect(await a.log(sent.id)).toEqual({
    ...{ 'team/app:latest': 'copied', 'team/app:v1': 'copied', 'team/app:v2': 'copied' },
  })
  expect(sent.state).toBe('done')
  expect(await digestThere('mirror/team/app', 'v1')).toBe(image.digest)
  expect(await digestThere('mirror/team/app', `${image.digest.replace(':', '-')}.sig`)).not.toBeNull()
  const fallback = await fetch(`${docker?.url}/v2/mirror/team/app/manifests/${image.digest.replace(':', '-')}`, {
    headers: { accept: 'application/vnd.oci.image.index.v1+json' },
  })
  expect(await fallback.text()).toContain(SIGNATURE)

  const b = await open()
  await b.addRule('in', { remote: 'docker', direction: 'pull', body: { stripPrefix: 'mirror/', signedOnly: true } })
  const fetched = await b.run('in')
  expect(await b.log(fetched.id)).toEqual({
    'mirror/team/app:latest': 'copied',
    'mirror/team/app:v1': 'copied',
    'mirror/team/app:v2': 'skipped: it is not signed',
  })
  expect(Object.keys(await b.tags('team/app'))).toContain(`${image.digest.replace(':', '-')}.sig`)
  expect((await b.user.referrers('team/app', image.digest)).map(({ artifactType }) => artifactType)).toContain(
    SIGNATURE,
  )
})

test('a thousand tags that exist already cost one request each, to the remote and from it', async () => {
  const a = await open()
  const images = [testImage(1), testImage(2)]
  for (const [n, image] of images.entries()) {
    const tags = Array.from({ length: 500 }, (_, at) => `v${n}.${at}`)
    await put(a.user, 'big', image, tags)
  }
  await a.addRule('out', { remote: 'docker', direction: 'push', body: { concurrency: 8 } })
  expect((await a.run('out')).copied).toBe(1000)

  if (proxy) proxy.requests = []
  const again = await a.run('out')
  expect(again).toMatchObject({ state: 'done', present: 1000, copied: 0 })
  expect(proxy?.requests.length).toBe(1000)

  const b = await open()
  await b.addRule('in', { remote: 'docker', direction: 'pull', body: { repositories: 'big', concurrency: 8 } })
  expect((await b.run('in')).copied).toBe(1000)
  if (proxy) proxy.requests = []
  expect(await b.run('in')).toMatchObject({ state: 'done', present: 1000, copied: 0 })
  const heads = proxy?.requests.filter((each) => each.startsWith('HEAD /v2/big/manifests/')).length
  const others = proxy?.requests.filter((each) => !each.startsWith('HEAD /v2/big/manifests/'))
  expect(heads).toBe(1000)
  expect(others).toEqual(['GET /v2/big/tags/list'])
})

test('a tag that a registry cannot delete is said to have failed, with the reason', async () => {
  const a = await open()
  await put(a.user, 'team/app', testImage(1), ['v1', 'v2'])
  await a.addRule('out', { remote: 'docker', direction: 'push', body: { deletes: true } })
  await a.run('out')
  await a.user.deleteTag('team/app', 'v1')
  const { id, state } = await a.run('out')
  expect(state).toBe('failed')
  expect((await a.log(id))['team/app:v1']).toMatch(/^failed: .*delete/)
  expect(await digestThere('team/app', 'v2')).toBe(testImage(1).digest)
})
