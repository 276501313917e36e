import { afterAll, expect, test } from 'bun:test'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { run } from '../clients/support/command.ts'
import { deployFiles, readDeploy } from './support/deploy-files.ts'
import { startStandIn } from './support/replicas.ts'

interface Service {
  readonly image: string
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck: { readonly test: readonly string[] }
  readonly depends_on?: unknown
  readonly stop_grace_period?: string
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const TEXT = readDeploy('compose', 'compose.yaml')
const FILLED = {
  POSTGRES_PASSWORD: 'p'.repeat(48),
  S3_ACCESS_KEY: 'GK01',
  S3_SECRET_KEY: 's'.repeat(64),
  GARAGE_RPC_SECRET: 'r'.repeat(64),
}

/** What Compose does with `${NAME}`, `${NAME:-default}` and `${NAME:?sentence}`. @throws Error with the sentence */
function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  const filled = text.replace(
    /\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (whole, name?: string, kind?: string, rest = '') => {
      if (name === undefined) return '$'
      const value = variables[name] ?? ''
      if (value !== '') return value
      if (kind === '-') return rest
      throw new Error(`${name}: ${kind === '?' ? rest : whole}`)
    },
  )
  return filled
}

const compose = (variables: Readonly<Record<string, string>> = FILLED): Compose =>
  parse(interpolate(TEXT, variables), { merge: true }) as Compose

function serviceOf(services: Compose['services'], name: string): Service {
  const service = services[name]
  if (service === undefined) throw new Error(`no service ${name}`)
  return service
}

test.each(Object.keys(FILLED))('without %s it fails with a sentence that says what to do', (name) => {
  expect(() => compose({ ...FILLED, [name]: '' })).toThrow(new RegExp(`^${name}: Set ${name} in \\.env.*openssl rand`))
})

test('two replicas, alike but for their volume, with a configuration that is good and shared', async () => {
  const { services } = compose()
  const { volumes: one, ...first } = serviceOf(services, 'berth-1')
  const { volumes: two, ...second } = serviceOf(services, 'berth-2')
  expect(first).toEqual(second)
  expect(one).not.toEqual(two)
  const environment = first.environment ?? {}
  const { config, unknownVariables } = await loadConfig({ environment, flags: {} })
  expect(unknownVariables).toEqual([])
  expect(config.database).toBe(`postgres://berth:${FILLED.POSTGRES_PASSWORD}@database:5432/berth`)
  expect(new URL(config.storage ?? '').searchParams.get('endpoint')).toBe('http://s3:3900')
  const { delay, drain } = config.shutdown
  expect(Number.parseInt(first.stop_grace_period ?? '', 10) * 1000).toBeGreaterThanOrEqual(delay + drain + 10_000)
})

test('every service has a health check, a restart and images with a version; every volume is declared', () => {
  const { services, volumes } = compose()
  for (const [name, service] of Object.entries(services)) {
    expect({ name, check: service.healthcheck.test.length }).toEqual({ name, check: expect.any(Number) as number })
    expect({ name, image: service.image }).toEqual({ name, image: expect.stringMatching(/:[^:]+$/) as string })
    expect(service.image).not.toEndWith(':latest')
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':')
      if (source.startsWith('.')) expect(sourceExists(source)).toBe(true)
      else expect(Object.keys(volumes)).toContain(source)
    }
  }
})

function sourceExists(source: string): boolean {
  const path = source.startsWith('../') ? source.slice(3) : `compose/${source.slice(2)}`
  return deployFiles().some((file) => file.path === path || file.path.startsWith(`${path}/`))
}

test('only loopback is published unless somebody says otherwise', () => {
  const published = Object.values(compose().services).flatMap(({ ports = [] }) => ports)
  expect(published).toEqual(['127.0.0.1:5000:5000'])
})

test('.env.example names what has to be filled in, and every other variable', () => {
  const example = readDeploy('compose', '.env.example')
  const wanted = [...example.matchAll(/^(\w+)=$/gm)].map(([, name = '']) => name)
  expect(wanted.sort()).toEqual(Object.keys(FILLED).sort())
  const used = new Set(
    [TEXT, readDeploy('compose', 'compose.haproxy.yaml')].flatMap((text) =>
      [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name),
    ),
  )
  const named = new Set([...example.matchAll(/^#?(\w+)=/gm)].map(([, name = '']) => name))
  expect(named).toEqual(used)
})

const standIn = startStandIn('checked')
afterAll(() => standIn.stop())

test('the health check of a replica asks /readyz and believes nothing but 200', async () => {
  const command = (compose().services['berth-1']?.healthcheck.test ?? []).slice(1)
  const port = standIn.address.split(':')[1] ?? ''
  const argv = command.map((word) => word.replace('/5000', `/${port}`))
  expect(argv[0]).toBe('bash')
  expect((await run(argv, { timeoutMs: 5000 })).code).toBe(0)
  standIn.ready = false
  expect((await run(argv, { timeoutMs: 5000 })).code).not.toBe(0)
  await standIn.stop()
  expect((await run(argv, { timeoutMs: 5000 })).code).not.toBe(0)
})
