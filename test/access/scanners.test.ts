import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiRoute } from '../../src/http/api/api-route.ts'
import {
  addScanner,
  rekeyScanners,
  type ScannerInput,
  setScannerEnabled,
} from '../../src/scanning/external/manage-scanners.ts'
import { openScanner, type ScannerParts } from '../../src/scanning/external/open-scanner.ts'
import { scannerRoutes } from '../../src/scanning/external/routes.ts'
import { findScanner, listScanners } from '../../src/scanning/external/store.ts'
import { createKeyFile } from '../../src/storage/encrypted/key-file.ts'
import { createSealedSecrets } from '../../src/storage/sealed-secrets.ts'
import { PATIENCE_MS } from '../e2e/support/server.ts'
import { type FakeAdapter, startHarborAdapter } from '../support/harbor-adapter.ts'
import { BY, found, World } from './support/world.ts'

setDefaultTimeout(6 * PATIENCE_MS)

const CANARY = 'canary-of-the-scanner-4711'

let folder: string
let world: World
let adapter: FakeAdapter
let parts: ScannerParts

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-scanners-'))
  createKeyFile(join(folder, 'key'))
  world = await World.open({ secrets: { keyFile: join(folder, 'key') }, scanning: { enabled: false } })
  world.secrets.add(CANARY)
  adapter = startHarborAdapter()
  const { secrets } = world.app.remotes
  parts = { secrets, clock: world.clock, folder: join(folder, 'scanners'), environment: { PATH: '/usr/bin:/bin' } }
})
afterAll(async () => {
  await adapter?.close()
  await world?.checkNoSecrets()
  await world?.checkAudit()
  await world?.close()
  await rm(folder, { recursive: true, force: true })
})

const harbor = (changes: object = {}) => ({ kind: 'harbor', url: adapter.url, allowPrivate: true, ...changes })
const add = (input: ScannerInput) => addScanner({ m: world.m, secrets: parts.secrets }, BY, input)

async function problemOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it went well',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

describe('scanners that are made known', () => {
  it('keep their secret where nobody can read it, and say it to their adapter only', async () => {
    const made = await add({
      name: 'basic',
      settings: harbor({ authentication: 'basic', username: 'ann' }),
      secret: CANARY,
    })
    const [row] = await world.query("select * from scanners where name = 'basic'")
    expect(JSON.stringify(row)).not.toContain(CANARY)
    await openScanner(parts, made).describe(AbortSignal.timeout(5000))
    const expected = `Basic ${Buffer.from(`ann:${CANARY}`).toString('base64')}`
    expect(adapter.seen.at(-1)?.headers.get('authorization')).toBe(expected)
  })

  it('by a bearer token or an API key', async () => {
    const bearer = await add({ name: 'bearer', settings: harbor({ authentication: 'bearer' }), secret: CANARY })
    await openScanner(parts, bearer).describe(AbortSignal.timeout(5000))
    expect(adapter.seen.at(-1)?.headers.get('authorization')).toBe(`Bearer ${CANARY}`)
    const key = await add({ name: 'key', settings: harbor({ authentication: 'api-key' }), secret: CANARY })
    await openScanner(parts, key).describe(AbortSignal.timeout(5000))
    expect(adapter.seen.at(-1)?.headers.get('x-scanneradapter-api-key')).toBe(CANARY)
  })

  it('a secret opens for its own scanner and its own address only', async () => {
    const [basic, bearer] = await Promise.all(
      ['basic', 'bearer'].map((name) => findScanner(world.m.database.reader, name)),
    )
    if (basic === undefined || bearer?.settings.kind !== 'harbor') throw new Error('they were added')
    const moved = { ...bearer, settings: { ...bearer.settings, url: 'https://elsewhere.example' } }
    for (const scanner of [moved, { ...bearer, sealedSecret: basic.sealedSecret }])
      expect(() => openScanner(parts, scanner)).toThrow('sealed for something else')
  })

  it('are sealed again with a new key, and then need the old one no more', async () => {
    const [oldKey, newKey] = [join(folder, 'key'), join(folder, 'new-key')]
    createKeyFile(newKey)
    const keysOf = (previousKeyFiles: readonly string[]) =>
      createSealedSecrets({ keyFile: newKey, create: false, previousKeyFiles })
    expect(await rekeyScanners({ m: world.m, secrets: keysOf([oldKey]) }, BY)).toBe(3)
    expect(await rekeyScanners({ m: world.m, secrets: keysOf([]) }, BY)).toBe(0)
    parts = { ...parts, secrets: keysOf([]) }
    const bearer = found(await findScanner(world.m.database.reader, 'bearer'))
    await openScanner(parts, bearer).describe(AbortSignal.timeout(5000))
    expect(adapter.seen.at(-1)?.headers.get('authorization')).toBe(`Bearer ${CANARY}`)
  })

  it('that cannot be are refused with a reason', async () => {
    const refused: readonly (readonly [ScannerInput, string])[] = [
      [{ name: 'basic', settings: harbor() }, 'already'],
      [{ name: 'berth', settings: harbor() }, 'own scanner'],
      [{ name: '../x', settings: harbor() }, 'the name of a scanner'],
      [{ name: 'x', settings: harbor({ allowPrivate: false }) }, 'private network'],
      [{ name: 'x', settings: harbor({ url: 'http://scanner.example' }) }, 'unencrypted'],
      [{ name: 'x', settings: harbor({ url: 'https://a:b@scanner.example' }) }, 'no user name or password'],
      [{ name: 'x', settings: harbor({ authentication: 'bearer' }) }, 'say the scanner’s secret'],
      [{ name: 'x', settings: harbor(), secret: 'x' }, 'takes no secret'],
      [{ name: 'x', settings: harbor({ authentication: 'bearer' }), secret: 'a\r\nb: c' }, 'printable'],
      [{ name: 'x', settings: harbor({ username: 'ann' }) }, 'a user name belongs to'],
      [{ name: 'x', settings: harbor({ program: '/bin/sh' }) }, 'settings'],
      [{ name: 'x', settings: { kind: 'clair' } }, 'one of harbor, trivy, grype'],
      [{ name: 'x', settings: { kind: 'trivy', program: '../trivy' } }, 'the program of a scanner'],
      [{ name: 'x', settings: { kind: 'trivy', program: '-x' } }, 'the program of a scanner'],
      [{ name: 'x', settings: { kind: 'trivy', program: 'trivy', dbRepository: '--x' } }, 'the place of Trivy'],
      [{ name: 'x', settings: { kind: 'trivy', program: 'trivy', server: '--x' } }, 'address'],
      [{ name: 'x', settings: { kind: 'grype', program: 'grype' }, secret: 'x' }, 'takes no secret'],
    ]
    for (const [input, why] of refused) expect(await problemOf(add(input))).toContain(why)
    expect(await findScanner(world.m.database.reader, 'x')).toBeUndefined()
  })

  it('may be commands, which are made known on the server only', async () => {
    const made = await add({ name: 'local', settings: { kind: 'trivy', program: 'trivy', skipUpdate: true } })
    expect(made.settings).toEqual({
      ...{ kind: 'trivy', program: 'trivy', skipUpdate: true, insecure: false, timeoutSeconds: 1800 },
    })
    expect(await problemOf(openScanner(parts, made).describe(AbortSignal.timeout(5000)))).toContain('is it installed?')
    await setScannerEnabled({ m: world.m }, BY, 'local', false)
    const listed = await listScanners(world.m.database.reader, 'key', 10)
    expect(listed.map(({ name, isEnabled }) => [name, isEnabled])).toEqual([['local', false]])
  })
})

describe('rows of the API', () => {
  const routes = () => scannerRoutes(() => parts)

  /** As the API calls them, once it has let somebody in. */
  async function call(line: string, given: { body?: unknown; name?: string } = {}): Promise<unknown> {
    const route = routes().find(({ method, path }) => `${method} ${path}` === line)
    if (route === undefined) throw new Error(`there is no ${line}`)
    const body = route.body?.parse(given.body)
    const parameters = given.name === undefined ? {} : route.parameters.parse({ scanner: given.name })
    const answer = await route.handle({
      ...BY,
      m: world.m,
      parameters,
      query: route.query.parse({}),
      body,
    } as Parameters<ApiRoute['handle']>[0])
    return route.response === undefined ? answer : route.response.parse(answer)
  }

  it('add, list, ask, switch off and remove', async () => {
    const { kind: _, ...settings } = harbor({ authentication: 'bearer' })
    const body = { name: 'api', secret: CANARY, ...settings }
    const expected = { name: 'api', kind: 'harbor', at: adapter.url, authentication: 'bearer', enabled: true }
    expect(await call('POST /scanners', { body })).toMatchObject(expected)
    expect(await call('GET /scanners')).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining(expected)]),
    })
    expect(await call('POST /scanners/{scanner}/test', { name: 'api' })).toEqual({
      ...{ usable: true, name: 'Fake', vendor: 'Nobody', version: '0.1', dataUpdatedAt: '2026-11-01T00:00:00.000Z' },
    })
    expect(await call('PATCH /scanners/{scanner}', { name: 'api', body: { enabled: false } })).toMatchObject({
      enabled: false,
    })
    await call('DELETE /scanners/{scanner}', { name: 'api' })
    expect(await problemOf(call('POST /scanners/{scanner}/test', { name: 'api' }))).toBe('there is no scanner "api"')
  })

  it('say why a scanner cannot be used', async () => {
    const answer = await call('POST /scanners/{scanner}/test', { name: 'local' })
    expect(answer).toEqual({ usable: false, problem: 'trivy cannot be started: is it installed?' })
  })

  it('take no commands: whoever could name one could run any', async () => {
    for (const body of [
      { name: 'x', kind: 'trivy', program: '/bin/sh' },
      { name: 'x', url: 'https://a.example', program: 'x' },
    ])
      expect(await problemOf(call('POST /scanners', { body }))).not.toBe('it went well')
  })

  it('show no secret', async () => {
    expect(JSON.stringify(await call('GET /scanners'))).not.toContain(CANARY)
  })
})
