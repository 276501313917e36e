import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, type ConfigSources, configKeys, describeKeys, loadConfig, parseConfig } from './load.ts'

let folder = ''
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function fileOf(yaml: string): Promise<string> {
  const path = join(folder, `${files++}.yml`)
  await writeFile(path, yaml)
  return path
}

function load(sources: Partial<ConfigSources>) {
  return loadConfig({ environment: {}, flags: {}, ...sources })
}

async function problemsOf(work: () => unknown): Promise<readonly string[]> {
  try {
    await work()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('precedence', () => {
  it('nothing given: safe defaults', async () => {
    const { config } = await load({})
    expect(config.listen).toMatchObject({ host: '127.0.0.1', port: 5000 })
    expect(config).toMatchObject({ data: './data', workers: 1, insecureHttp: false, auth: {} })
    expect(config.tls).toBeUndefined()
    expect(config.uploads.expireAfter).toBe(24 * 60 * 60 * 1000)
  })

  it('file, then environment, then flags; the later wins, key by key', async () => {
    const file = await fileOf(
      'data: from-file\nworkers: 2\nlog:\n  level: warn\nlimits:\n  blobBytes: 1\n  manifestBytes: 2\n',
    )
    const environment = { BERTH_DATA: 'from-environment', BERTH_LOG__LEVEL: 'error', BERTH_LIMITS__BLOBBYTES: '10' }
    const { config } = await load({ file, environment, flags: { data: 'from-flag', workers: undefined } })
    expect(config).toMatchObject({
      data: 'from-flag',
      workers: 2,
      log: { level: 'error' },
      limits: { blobBytes: 10, manifestBytes: 2 },
    })
  })

  it('BERTH_CONFIG names the file, --config another one', async () => {
    const first = await fileOf('data: first\n')
    const second = await fileOf('data: second\n')
    expect((await load({ environment: { BERTH_CONFIG: first } })).config.data).toBe('first')
    expect((await load({ file: second, environment: { BERTH_CONFIG: first } })).config.data).toBe('second')
  })

  it('an empty file is no configuration', async () => {
    expect((await load({ file: await fileOf('') })).config.data).toBe('./data')
  })
})

describe('the environment', () => {
  it.each([
    ['BERTH_AUTH__HTPASSWD__PATH', 'users', { auth: { htpasswd: { path: 'users' } } }],
    ['BERTH_EXTERNALURL', 'https://registry.example', { externalUrl: 'https://registry.example' }],
    ['BERTH_EXTERNAL_URL', 'https://registry.example', { externalUrl: 'https://registry.example' }],
    ['BERTH_UPLOADS__EXPIRE_AFTER', '90s', { uploads: { expireAfter: 90_000 } }],
    ['BERTH_METRICS__PUBLIC', 'true', { metrics: { public: true } }],
    ['BERTH_METRICS__PUBLIC', 'false', { metrics: { public: false } }],
    ['BERTH_WORKERS', 'auto', { workers: 'auto' }],
    ['BERTH_WORKERS', '3', { workers: 3 }],
    ['BERTH_LISTEN', '[::1]:8080', { listen: { host: '::1', port: 8080 } }],
  ])('%s=%s', async (name, value, expected) => {
    const { config, unknownVariables } = await load({ environment: { [name]: value } })
    expect(config).toMatchObject(expected)
    expect(unknownVariables).toEqual([])
  })

  it('every key has a variable', async () => {
    for (const key of configKeys()) {
      const name = `BERTH_${key.toUpperCase().replaceAll('.', '__')}`
      const unknown = await (async () => {
        try {
          return (await load({ environment: { [name]: 'x' } })).unknownVariables
        } catch (error) {
          return error instanceof ConfigError ? [] : [String(error)]
        }
      })()
      expect({ name, unknown }).toEqual({ name, unknown: [] })
    }
  })

  it('what Kubernetes puts there for a service called berth is named and harmless', async () => {
    const environment = {
      BERTH_SERVICE_HOST: '10.0.0.1',
      BERTH_SERVICE_PORT: '5000',
      BERTH_PORT: 'tcp://10.0.0.1:5000',
      BERTH_PORT_5000_TCP_ADDR: '10.0.0.1',
    }
    const { config, unknownVariables } = await load({ environment })
    expect(config).toEqual((await load({})).config)
    expect(unknownVariables).toEqual(Object.keys(environment))
  })

  it('other programs’ variables and those of tests and workers are nothing to us', async () => {
    const environment = {
      PATH: '/bin',
      BERTH_TEST_FAILPOINTS: 'x',
      BERTH_WORKER_CONFIG: '{}',
      REGISTRY: 'x',
      BERTHA: 'x',
    }
    expect((await load({ environment })).unknownVariables).toEqual([])
  })

  it('no variable reaches into the prototype', async () => {
    await load({ environment: { BERTH___PROTO____POLLUTED: 'yes', BERTH_CONSTRUCTOR__PROTOTYPE__POLLUTED: 'yes' } })
    expect('polluted' in {}).toBe(false)
  })
})

describe('problems', () => {
  it('unknown keys are named with their whole path', async () => {
    const file = await fileOf('dta: x\nlog:\n  levle: warn\nauth:\n  htpasswd:\n    path: a\n    realm: b\n')
    expect(await problemsOf(() => load({ file }))).toEqual(
      expect.arrayContaining([
        'dta: there is no such key',
        'log.levle: there is no such key',
        'auth.htpasswd.realm: there is no such key',
      ]),
    )
  })

  it('all of them come at once, each with its key', async () => {
    const problems = await problemsOf(() =>
      parseConfig({
        listen: 'nowhere',
        workers: 0,
        log: { level: 'loud' },
        limits: { blobBytes: -1 },
        uploads: { expireAfter: 'soon' },
        tls: { cert: 'a' },
        externalUrl: 'ftp://x',
        auth: { anonymous: 'admin' },
        surprise: 1,
      }),
    )
    const keys = problems.map((problem) => problem.slice(0, problem.indexOf(':'))).toSorted()
    expect(keys).toEqual([
      'auth.anonymous',
      'externalUrl',
      'limits.blobBytes',
      'listen',
      'log.level',
      'surprise',
      'tls.key',
      'uploads.expireAfter',
      'workers',
    ])
    expect(problems.find((problem) => problem.startsWith('listen:'))).toContain('HOST:PORT')
    expect(problems.find((problem) => problem.startsWith('uploads.'))).toContain('24h')
  })

  it.each([
    ['not YAML', 'a: [1', ':'],
    ['a list', '- a\n', 'is not a mapping'],
    ['a text', 'hello\n', 'is not a mapping'],
    ['a key twice', 'data: a\ndata: b\n', 'unique'],
  ])('a file that is %s is refused by its name', async (_, yaml, expected) => {
    const file = await fileOf(yaml)
    const [problem = ''] = await problemsOf(() => load({ file }))
    expect(problem).toStartWith(file)
    expect(problem).toContain(expected)
  })

  it('a file that is missing is refused by its name', async () => {
    expect((await problemsOf(() => load({ file: join(folder, 'missing.yml') })))[0]).toContain('missing.yml')
  })

  it('__proto__ in a file is an unknown key and pollutes nothing', async () => {
    const file = await fileOf('"__proto__":\n  polluted: true\n')
    await problemsOf(() => load({ file }))
    expect('polluted' in {}).toBe(false)
  })
})

it('every key is described', async () => {
  expect(describeKeys().filter(({ description }) => description.length < 10)).toEqual([])
})
