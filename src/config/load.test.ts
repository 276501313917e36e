import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asWritten, configKeys, describeKeys } from './keys.ts'
import { ConfigError, type ConfigSources, convertFile, loadConfig, parseConfig } from './load.ts'

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
    expect(config).toMatchObject({ data: './data', workers: 1, insecureHttp: false, trustedProxies: [] })
    expect(config.auth).toMatchObject({ ldap: {}, oidc: {}, workload: {} })
    expect(config.auth.anonymous).toBeUndefined()
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
    ['BERTH_TRUSTEDPROXIES', '127.0.0.1,10.0.0.0/8', { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] }],
    ['BERTH_TRUSTED_PROXIES', '127.0.0.1', { trustedProxies: ['127.0.0.1'] }],
    ['BERTH_AUTH__REFRESH_TOKENS__IDLE', '12h', { auth: { refreshTokens: { idle: 43_200_000 } } }],
    ['BERTH_AUTH__WORKLOAD__CI__PRESET', 'github', { auth: { workload: { ci: { preset: 'github' } } } }],
    ['BERTH_AUTH__WORKLOAD__MY_CI__PRESET', 'github', { auth: { workload: { 'my-ci': { preset: 'github' } } } }],
    ['BERTH_AUTH__WORKLOAD__MY-CI__PRESET', 'github', { auth: { workload: { 'my-ci': { preset: 'github' } } } }],
  ])('%s=%s', async (name, value, expected) => {
    const { config, unknownVariables } = await load({ environment: { [name]: value } })
    expect(config).toMatchObject(expected)
    expect(unknownVariables).toEqual([])
  })

  it('keys below a name of the user’s choice add up, also to those of the file', async () => {
    const file = await fileOf('auth:\n  ldap:\n    corp:\n      url: ldap://old.example\n      userBase: ou=people\n')
    const environment = {
      BERTH_AUTH__LDAP__CORP__URL: 'ldaps://ldap.example',
      BERTH_AUTH__LDAP__CORP__NAME_ATTRIBUTE: 'cn',
      BERTH_AUTH__LDAP__OTHER__URL: 'ldaps://other.example',
      BERTH_AUTH__LDAP__OTHER__USERBASE: 'ou=others',
      BERTH_AUTH__LDAP__OTHER__TRUSTEMAIL: 'true',
    }
    const { config, unknownVariables } = await load({ file, environment })
    expect(unknownVariables).toEqual([])
    expect(config.auth.ldap).toMatchObject({
      corp: { url: 'ldaps://ldap.example', userBase: 'ou=people', nameAttribute: 'cn', trustEmail: false },
      other: { url: 'ldaps://other.example', userBase: 'ou=others', trustEmail: true },
    })
  })

  it.each([
    'BERTH_AUTH__LDAP',
    'BERTH_AUTH__LDAP__CORP',
    'BERTH_AUTH__LDAP____URL',
    'BERTH_AUTH__LDAP__CORP__URL__X',
    'BERTH_AUTH__LDAP__CORP__ULR',
    'BERTH_AUTH__KERBEROS__CORP__URL',
  ])('%s is no key', async (name) => {
    const { config, unknownVariables } = await load({ environment: { [name]: 'ldaps://ldap.example' } })
    expect(unknownVariables).toEqual([name])
    expect(config.auth.ldap).toEqual({})
  })

  it('a name that no provider may have is a problem, not ignored', async () => {
    const environment = { BERTH_AUTH__WORKLOAD__1ST__PRESET: 'github' }
    expect(await problemsOf(() => load({ environment }))).toEqual([
      expect.stringMatching(/^auth\.workload\.1st: a name has/),
    ])
  })

  it('every key has a variable', async () => {
    for (const key of configKeys()) {
      const name = `BERTH_${key.replaceAll('<name>', 'some').toUpperCase().replaceAll('.', '__')}`
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
    for (const name of ['CONSTRUCTOR', 'PROTOTYPE', '_PROTO_', 'TOSTRING']) {
      const environment = { [`BERTH_AUTH__WORKLOAD__${name}__AUDIENCE`]: 'polluted' }
      await problemsOf(() => load({ environment }))
    }
    expect('audience' in {}).toBe(false)
    expect('audience' in Object).toBe(false)
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

describe('asWritten', () => {
  it.each([
    ['nothing', {}],
    [
      'everything that is not simply a value',
      {
        listen: '[::1]:8080',
        trustedProxies: '10.0.0.1,fd00::/8',
        tls: { cert: 'a', key: 'b' },
        auth: {
          ldap: { corp: { url: 'ldaps://ldap.example', userBase: 'ou=people' } },
          oidc: { sso: { issuer: 'https://sso.example', clientId: 'berth' } },
          workload: { ci: { preset: 'github' } },
          refreshTokens: { idle: '999999d', external: '90s' },
        },
        audit: { keep: '36h', syslog: 'tls://log.example:6514' },
        shutdown: { delay: '0s', drain: '120s' },
      },
    ],
  ])('%s is read again as the same', async (_, values) => {
    const config = parseConfig(values)
    expect(parseConfig(asWritten(config))).toEqual(config)
  })

  it.each(['0s', '1s', '59s', '90s', '1m', '61m', '1h', '25h', '1d', '365d', '999999s', '999999d'])(
    'a duration of %s stays what it is, in the largest unit',
    (text) => {
      expect(asWritten(parseConfig({ audit: { keep: text } }))).toMatchObject({ audit: { keep: text } })
    },
  )
})

it('maps are described with <name>, and lists and maps have no default', () => {
  const keys = new Map(describeKeys().map((key) => [key.path, key.default]))
  expect(keys.has('auth.ldap')).toBe(false)
  expect(keys.get('auth.ldap.<name>.nameAttribute')).toBe('uid')
  expect([keys.has('auth.oidc.<name>.issuer'), keys.has('auth.workload.<name>.jwksFile')]).toEqual([true, true])
  expect([keys.has('trustedProxies'), keys.get('trustedProxies')]).toEqual([true, undefined])
})

it('every key is described', async () => {
  expect(describeKeys().filter(({ description }) => description.length < 10)).toEqual([])
})

describe('a configuration of distribution', () => {
  const THEIRS =
    'version: 0.1\nlog: { level: warn }\nhttp: { addr: "localhost:6000", secret: x }\nstorage: filesystem\n'

  it('is understood by its version, and overridden by its variables, ours and flags', async () => {
    const file = await fileOf(THEIRS)
    const environment = {
      REGISTRY_LOG_LEVEL: 'error',
      REGISTRY_PORT: 'x',
      REGISTRY_HTTP_DRAINTIMEOUT: '5s',
      BERTH_WORKERS: '3',
    }
    const { config, converted, unknownVariables } = await load({ file, environment, flags: { data: '/flag' } })
    expect(config).toMatchObject({
      listen: { text: 'localhost:6000' },
      workers: 3,
      data: '/flag',
      log: { level: 'error' },
    })
    expect(config).toMatchObject({ shutdown: { drain: 5000 }, auth: { anonymous: 'push' }, adopt: {} })
    expect(converted?.notes.map(({ key }) => key)).toContain('http.secret')
    expect(unknownVariables).toEqual(['REGISTRY_PORT'])
  })

  it('may be variables alone: a file of ours says more', async () => {
    const file = await fileOf('log:\n  level: debug\n')
    const environment = {
      REGISTRY_LOG_LEVEL: 'error',
      REGISTRY_HTTP_TLS_CERTIFICATE: '/c',
      REGISTRY_HTTP_TLS_KEY: '/k',
    }
    const { config } = await load({ file, environment })
    expect(config).toMatchObject({ log: { level: 'debug' }, tls: { cert: '/c', key: '/k' } })
    expect(config.auth.anonymous).toBeUndefined()
  })

  it('adopts images that lie in its folder', async () => {
    const root = await mkdtemp(join(folder, 'images-'))
    await mkdir(join(root, 'docker/registry/v2'), { recursive: true })
    const file = await fileOf(`version: 0.1\nstorage: { filesystem: { rootdirectory: ${root} } }\n`)
    expect((await load({ file })).config).toMatchObject({ data: join(root, 'berth'), adopt: { registry: root } })
  })

  it('is refused as long as something has to be settled', async () => {
    const file = await fileOf('version: 0.1\nstorage: { oss: { bucket: b } }\nhttp: { prefix: /a/ }\n')
    expect(await problemsOf(() => load({ file }))).toEqual([
      expect.stringMatching(/^storage.oss: there is no such storage/),
      expect.stringMatching(/^http.prefix: /),
    ])
    expect(await problemsOf(() => convertFile('/none.yml', {}))).toEqual(['/none.yml: there is no such file'])
    expect(await problemsOf(() => convertFile('/tmp', {}))).toEqual(['/tmp: it is a folder, and not a file'])
  })

  it('is not what else has no version', async () => {
    const ours = await fileOf('data: x\n')
    expect(await problemsOf(() => convertFile(ours, {}))).toEqual([
      expect.stringContaining('is no configuration of distribution'),
    ])
    expect((await load({ file: ours, environment: { REGISTRY_USER: 'ci' } })).converted).toBeUndefined()
  })
})
