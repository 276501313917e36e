/** Rules about images of an upstream that nobody has looked into, because their layers come only after their manifests. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { check, errorsOf } from '../conformance/support/check.ts'
import { content } from '../conformance/support/content.ts'
import { OCI_CONFIG, OCI_MANIFEST, putManifest } from '../conformance/support/manifests.ts'
import { berth } from '../e2e/support/command.ts'
import { descriptor, type Image, index, manifestOf, pushImage } from '../e2e/support/images.ts'
import { PATIENCE_MS, useServer } from '../e2e/support/server.ts'
import { until } from '../e2e/support/until.ts'
import { makeTar } from '../scanning/support/make-tar.ts'
import { affects, osvExport } from '../support/osv-export.ts'

setDefaultTimeout(2 * PATIENCE_MS)

const origin = useServer()
const cache = useServer({
  env: { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' },
})
const RELEASE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.99.0\n'
const RECORD = {
  ...{ id: 'ALPINE-CVE-2099-0001', upstream: ['CVE-2099-0001'], details: '', modified: new Date().toISOString() },
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [affects('Alpine:v3.99', 'openssl', '3.0.9-r0')],
}

/** An Alpine image with this openssl. */
function alpine(version: string): Image {
  const tar = makeTar(
    { path: 'etc/os-release', content: RELEASE },
    { path: 'lib/apk/db/installed', content: `C:Q1\nP:openssl\nV:${version}\nA:x86_64\no:openssl\nL:MIT\n\n` },
  )
  const layer = content(new Uint8Array(gzipSync(tar)))
  const config = content(JSON.stringify({ architecture: 'amd64', os: 'linux', version }))
  const body = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor(config, OCI_CONFIG) },
    layers: [descriptor(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
  }
  return { config, layer, manifest: manifestOf(body, OCI_MANIFEST), body }
}

const [SOUND, BAD, LISTED] = [alpine('3.0.9-r0'), alpine('3.0.8-r0'), alpine('3.1.0-r0')]

async function command(...words: readonly string[]): Promise<void> {
  const { code, stderr } = await berth([...words, '--data', cache.running.dataDir])
  expect([words, code, code === 0 ? '' : stderr]).toEqual([words, 0, ''])
}

beforeAll(async () => {
  const at = { registry: origin, name: 'app' }
  await pushImage(at, SOUND, 'sound')
  await pushImage(at, BAD, 'bad')
  await pushImage(at, LISTED)
  await putManifest(at, 'list', index([descriptor(LISTED.manifest, OCI_MANIFEST)]))
  const folder = await mkdtemp(join(tmpdir(), 'berth-judged-'))
  try {
    await writeFile(join(folder, 'all.zip'), osvExport([RECORD]))
    await command('vulndb', 'import', join(folder, 'all.zip'), '--ecosystem', 'Alpine')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  await command('remote', 'add', 'hub', origin.url, '--allow-private')
  await command('project', 'add', 'hub', '--public')
  await command('source', 'add', 'hub', 'hub')
  await command('policy', 'add', 'hub', 'strict', '--severity', 'critical', '--unscanned', 'refuse')
  await command('policy', 'set-mode', 'hub', 'strict', 'enforce')
}, 4 * PATIENCE_MS)

const pull = (reference: string) => cache.send('GET', `/v2/hub/app/manifests/${reference}`)

async function refusal(reference: string): Promise<string> {
  return errorsOf(check(await pull(reference), { status: 403, error: 'DENIED' }))[0]?.message ?? ''
}

/** What a client is told that tries again until it is told something else. */
function settled(reference: string): Promise<{ readonly status: number; readonly text: string }> {
  return until(`the last word on ${reference}`, async () => {
    const answer = await pull(reference)
    return answer.text.includes('it has not been scanned yet') ? undefined : answer
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
