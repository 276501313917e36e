import { afterAll, beforeAll, beforeEach, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createProject } from '../../src/access/manage-projects.ts'
import { BY_OPERATOR } from '../../src/cli/offline.ts'
import { addSource, changeSource } from '../../src/proxy-cache/manage-sources.ts'
import { changeRemote, createRemote } from '../../src/remotes/manage-remotes.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { type InProcess, openInProcess } from '../e2e/support/in-process.ts'
import { registryAt } from '../e2e/support/server.ts'
import { watch, type WatchedUpstream } from './support/upstream.ts'

setDefaultTimeout(60_000)

let ours: InProcess
let theirs: InProcess
let doors: { ours: WatchedUpstream; theirs: WatchedUpstream }
let cache: InProcess
let first = 0

beforeAll(async () => {
  ours = await openInProcess()
  theirs = await openInProcess()
  doors = { ours: watch(ours.url), theirs: watch(theirs.url) }
  cache = await openInProcess()
  const { management: m, remotes } = cache.app
  await createProject(m, BY_OPERATOR, { name: 'all', public: true })
  for (const [name, { url }] of Object.entries(doors)) {
    await createRemote({ m, secrets: remotes.secrets }, BY_OPERATOR, { name, url, allowPrivate: true })
    const { id } = await addSource(m, BY_OPERATOR, { project: 'all', remote: name })
    if (name === 'ours') first = id
  }
})
afterAll(async () => {
  for (const each of [cache, ours, theirs]) await each?.close()
  for (const door of [doors?.ours, doors?.theirs]) await door?.close()
})
beforeEach(() => {
  for (const door of [doors.ours, doors.theirs]) door.instead(undefined)
})

async function pull(name: string) {
  const { status, headers } = await registryAt(cache.url).send('GET', `/v2/all/${name}/manifests/v1`)
  return { status, digest: headers.get('docker-content-digest'), warning: headers.get('warning') }
}

/** Both have the name; ours is asked first, and what it has is pulled. */
async function pulledFromOurs(name: string) {
  const [mine, other] = [image(`${name}/ours`), image(`${name}/theirs`)]
  await pushImage({ registry: ours, name }, mine, 'v1')
  await pushImage({ registry: theirs, name }, other, 'v1')
  expect(await pull(name)).toEqual({ status: 200, digest: mine.manifest.digest, warning: null })
  cache.clock.advance(61_000)
  return { mine: mine.manifest.digest, other: other.manifest.digest }
}

describe('a tag that came from one upstream is not taken over by another', () => {
  const challenge = { 'www-authenticate': 'Basic realm="x"' }
  const answers: readonly [string, () => Response][] = [
    ['our credentials are refused', () => new Response('', { status: 401, headers: challenge })],
    ['we may not see it', () => new Response('', { status: 403 })],
    ['it fails', () => new Response('', { status: 500 })],
    ['it limits us', () => new Response('', { status: 429 })],
  ]
  it.each(answers)('while %s', async (label, answer) => {
    const name = `team/${label.replaceAll(' ', '-')}`
    const { mine } = await pulledFromOurs(name)
    doors.ours.instead(answer)
    const got = await pull(name)
    expect([got.status, got.digest]).toEqual([200, mine])
    expect(got.warning).toMatch(/^299 - "ours .* this is what the tag named .* ago"$/)
  })

  it('but by the next one where it was taken away from the first', async () => {
    const { other } = await pulledFromOurs('team/moved')
    await ours.send('DELETE', '/v2/team/moved/manifests/v1')
    expect(await pull('team/moved')).toEqual({ status: 200, digest: other, warning: null })
  })

  it('and stays as it is where its source is a fallback by now', async () => {
    const { mine } = await pulledFromOurs('team/drained')
    await changeSource(cache.app.management, BY_OPERATOR, first, { mode: 'fallback' })
    await pushImage({ registry: ours, name: 'team/drained' }, image('drained/new'), 'v1')
    expect(await pull('team/drained')).toEqual({ status: 200, digest: mine, warning: null })
    await changeSource(cache.app.management, BY_OPERATOR, first, { mode: 'cache' })
  })

  it('nor is a name that was never pulled, while our own password is not taken there', async () => {
    const { management: m, remotes } = cache.app
    const passwordFile = join(cache.dataDir, 'password')
    await writeFile(passwordFile, 'expired')
    const credentials = { username: 'berth', passwordFile }
    await changeRemote({ m, secrets: remotes.secrets }, BY_OPERATOR, 'ours', { credentials })
    doors.ours.instead(() => new Response('', { status: 401, headers: challenge }))
    await pushImage({ registry: theirs, name: 'team/internal' }, image('internal'), 'v1')
    expect((await pull('team/internal')).status).toBe(502)
    await changeRemote({ m, secrets: remotes.secrets }, BY_OPERATOR, 'ours', { credentials: null })
  })
})
