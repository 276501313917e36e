/** Rules about images of an upstream that nobody has looked into, because their layers come only after their manifests. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { check, errorsOf } from '../conformance/support/check.ts'
import { OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { descriptor, index, pushImage } from '../e2e/support/images.ts'
import { PATIENCE_MS, useServer } from '../e2e/support/server.ts'
import { until } from '../e2e/support/until.ts'
import { alpine, judgeStrictly, SCANNING } from './support/judged.ts'

setDefaultTimeout(2 * PATIENCE_MS)

const origin = useServer()
const cache = useServer(SCANNING)
const [SOUND, BAD, LISTED] = [alpine('3.0.9-r0'), alpine('3.0.8-r0'), alpine('3.1.0-r0')]

beforeAll(async () => {
  const at = { registry: origin, name: 'app' }
  await pushImage(at, SOUND, 'sound')
  await pushImage(at, BAD, 'bad')
  await pushImage(at, LISTED)
  await putManifest(at, 'list', index([descriptor(LISTED.manifest, OCI_MANIFEST)]))
  await judgeStrictly(cache.running.dataDir, origin.url)
}, 4 * PATIENCE_MS)

const pull = (reference: string) => cache.send('GET', `/v2/hub/app/manifests/${reference}`)

async function refusal(reference: string): Promise<string> {
  return errorsOf(check(await pull(reference), { status: 403, error: 'DENIED' }))[0]?.message ?? ''
}

const UNSETTLED = ['it has not been scanned yet', 'there is no vulnerability data']

/** What a client is told that tries again until it is told something else. */
function settled(reference: string): Promise<{ readonly status: number; readonly text: string }> {
  return until(`the last word on ${reference}`, async () => {
    const answer = await pull(reference)
    // The first match with data that was just brought may still be under way.
    return UNSETTLED.some((words) => answer.text.includes(words)) ? undefined : answer
  })
}

describe('an image of an upstream that nobody may have before it was looked into', () => {
  test('is brought and looked into by being asked for, and then is had', async () => {
    expect(await refusal('sound')).toContain('it is being fetched and looked into: try again in a while')
    expect((await settled('sound')).status).toBe(200)
    check(await cache.send('GET', `/v2/hub/app/blobs/${SOUND.layer.digest}`), { status: 200 })
  })

  test('is refused for what was found in it', async () => {
    expect(await refusal('bad')).toContain('try again')
    const { status, text } = await settled('bad')
    expect([status, text.includes('CVE-2099-0001')]).toEqual([403, true])
  })

  test('is one that an index lists', async () => {
    check(await pull('list'), { status: 200 })
    expect(await refusal(LISTED.manifest.digest)).toContain('try again')
    expect((await settled(LISTED.manifest.digest)).status).toBe(200)
  })
})
