/** The token that other scanners get from us: what it opens, and how nobody else has one. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { z } from 'zod'
import { SCANNER } from '../../src/auth/scanner-account.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { addRule } from '../../src/policy/manage-rules.ts'
import { analyzeImage } from '../../src/scanning/analyze-image.ts'
import { addScanner } from '../../src/scanning/external/manage-scanners.ts'
import { listReports } from '../../src/scanning/external/report-store.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { basic, bearer, type Headers, PATIENCE_MS } from '../e2e/support/server.ts'
import { type FakeAdapter, json, REPORT_11, reportOf, startHarborAdapter } from '../support/harbor-adapter.ts'
import { BY, type Person, World } from './support/world.ts'

setDefaultTimeout(6 * PATIENCE_MS)

const IMAGE = image('access/scanner-account')
const OTHER = image('access/scanner-account/other')
const { layer, manifest } = IMAGE
const MINUTE_MS = 60_000

let world: World
let admin: Person
let adapter: FakeAdapter
let scanner: Headers
beforeAll(async () => {
  world = await World.open()
  admin = await world.user('root-ann', { systemRole: 'administrator' })
  adapter = startHarborAdapter()
  adapter.reports = [() => json(reportOf(manifest.digest), REPORT_11)]
  const team = await world.project('team')
  const registry = world.with(admin.basic)
  await pushImage({ registry, name: 'team/shop' }, IMAGE, 'v1')
  await pushImage({ registry, name: 'team/other' }, OTHER, 'v1')
  const check = { kind: 'labels' as const, required: { signed: '*' } }
  await addRule(world.m, BY, team, { name: 'signed', mode: 'enforce', check })
  const reader = {
    read: async () => ({ state: 'complete' as const, reasons: [], packageFiles: [], unknownBinaries: [], files: [] }),
  }
  const signal = new AbortController().signal
  await analyzeImage({ registry: world.app.registry, reader }, parseDigest(manifest.digest), signal)
  const settings = { kind: 'harbor', url: adapter.url, allowPrivate: true }
  await addScanner({ m: world.m, secrets: world.app.remotes.secrets }, BY, { name: 'fake', settings })
  const jobs = await world.app.jobs()
  await jobs.find(({ name }) => name === 'external-scans')?.run()
  const asked = adapter.seen.find(({ method }) => method === 'POST')?.body ?? ''
  const { registry: place } = z.object({ registry: z.object({ authorization: z.string() }) }).parse(JSON.parse(asked))
  const token = place.authorization.replace(/^Bearer /, '')
  world.secrets.add(token)
  scanner = bearer(token)
})
afterAll(async () => {
  await adapter?.close()
  await world?.checkNoSecrets()
  await world?.checkAudit()
  await world?.close()
})

const status = async (headers: Headers, method: string, path: string, body?: string) =>
  (await world.send(method, path, { headers, ...(body !== undefined && { body: new TextEncoder().encode(body) }) }))
    .status
const MANIFEST = `/v2/team/shop/manifests/${manifest.digest}`

describe('the token of a scanner', () => {
  test('was given to the one that we asked, and what that said is kept', async () => {
    const [report] = await listReports(world.m.database.reader, parseDigest(manifest.digest))
    expect(report).toMatchObject({ scanner: 'fake', state: 'complete' })
  })

  test('pulls what rules refuse to everybody else, and nobody has used the image by that', async () => {
    expect(await status(admin.basic, 'GET', MANIFEST)).toBe(403)
    await world.app.registry.pulls.flush()
    const before = await world.query('select * from pulls')
    world.clock.advance(MINUTE_MS)
    for (const method of ['GET', 'HEAD']) {
      expect(await status(scanner, method, MANIFEST)).toBe(200)
      expect(await status(scanner, method, '/v2/team/shop/manifests/v1')).toBe(200)
      expect(await status(scanner, method, `/v2/team/shop/blobs/${layer.digest}`)).toBe(200)
    }
    await world.app.registry.pulls.flush()
    expect(await world.query('select * from pulls')).toEqual(before)
  })

  test('opens no other repository, and changes nothing', async () => {
    const refused: readonly (readonly [string, string, string?])[] = [
      ['GET', `/v2/team/other/manifests/v1`],
      ['GET', '/v2/team/other/tags/list'],
      ['GET', '/v2/_catalog'],
      ['PUT', '/v2/team/shop/manifests/v2', '{}'],
      ['POST', '/v2/team/shop/blobs/uploads/'],
      ['POST', `/v2/team/other/blobs/uploads/?mount=${layer.digest}&from=team/shop`],
      ['DELETE', MANIFEST],
      ['DELETE', '/v2/team/shop/manifests/v1'],
      ['DELETE', `/v2/team/shop/blobs/${layer.digest}`],
    ]
    for (const [method, path, body] of refused)
      expect([path, await status(scanner, method, path, body)]).toEqual([path, method === 'GET' ? 401 : 403])
  })

  test('opens nothing of the admin API, neither metrics, nor another token', async () => {
    for (const path of [
      '/me',
      '/users',
      '/repositories',
      '/audit',
      '/scanners',
      '/repositories/team%2Fshop/images/v1/report',
    ])
      expect([path, (await world.api('GET', path, scanner)).status]).toEqual([path, 401])
    expect(await status(scanner, 'GET', '/metrics')).toBe(401)
    expect(await status(scanner, 'GET', '/token?scope=repository:team/other:pull')).toBe(401)
    expect(await status(scanner, 'GET', '/token?scope=repository:team/shop:pull')).toBe(401)
  })

  test('opens nothing that came after it', async () => {
    const registry = world.with(admin.basic)
    await world.project('short')
    await pushImage({ registry, name: 'short/app' }, IMAGE, 'v1')
    expect(await status(scanner, 'GET', '/v2/short/app/manifests/v1')).toBe(401)
  })

  test('is good for five minutes', async () => {
    expect(await status(scanner, 'GET', MANIFEST)).toBe(200)
    world.clock.advance(5 * MINUTE_MS)
    expect(await status(scanner, 'GET', MANIFEST)).toBe(401)
  })
})

describe('nobody is the scanner by himself', () => {
  test('not by its name or its id, with whatever password', async () => {
    for (const name of [SCANNER.id, SCANNER.name, `robot.${SCANNER.name}`, 'system'])
      for (const password of ['', 'x', SCANNER.id]) {
        const headers = basic(name, password)
        expect(await unhurried(headers, '/token?scope=repository:team/shop:pull')).toBe(401)
        expect(await unhurried(headers, MANIFEST)).toBe(401)
      }
  })

  test('not by having its name', async () => {
    const user = await world.user(SCANNER.name)
    expect(await unhurried(user.basic, '/v2/')).toBe(200)
    const token = await world.token(user.basic, 'repository:team/shop:pull')
    expect(await status(token, 'GET', MANIFEST)).toBe(403)
    expect(await status(user.basic, 'GET', MANIFEST)).toBe(403)
  })

  test('there is no row of it', async () => {
    expect(await world.query(`select * from users where id = '${SCANNER.id}'`)).toEqual([])
    expect((await world.api('GET', '/robots/system%3Ascanner', admin.basic)).status).toBe(404)
    const body = { subject: SCANNER.id, allows: 'owner' }
    expect((await world.api('POST', '/projects/team/grants', admin.basic, body)).status).toBeGreaterThanOrEqual(400)
  })
})

/** Whoever guesses is made to wait, and the processor's time for guesses is short on a machine that has little. */
async function unhurried(headers: Headers, path: string): Promise<number> {
  for (;;) {
    world.clock.advance(15 * MINUTE_MS)
    const answer = await status(headers, 'GET', path)
    if (answer !== 429) return answer
    await Bun.sleep(50)
  }
}
