import { expect, test } from 'bun:test'
import { loadConfig, parseConfig } from './load.ts'
import { describeKeys } from './keys.ts'
import type { Config } from './schema.ts'
import { describeSettings } from './settings.ts'
import { setAt, type Tree } from './tree.ts'

const SECRET = 'Tr0ub4dor'

function values(config: Config): Record<string, unknown> {
  return Object.fromEntries(describeSettings(config, {}).map(({ key, value }) => [key, value]))
}

test.each([
  `postgres://berth:${SECRET}@db:5432/berth?sslmode=verify-full&password=${SECRET}&sslpassword=${SECRET}&pool=10`,
  `https://${SECRET}@host/path?token=${SECRET}#${SECRET}`,
  `https://user:with:${SECRET}@host`,
  `s3://bucket/prefix?endpoint=${encodeURIComponent(`https://user:${SECRET}@host`)}&secretAccessKey=${SECRET}&region=eu`,
  `://user:${SECRET}@host`,
  `/usr/bin/kms unwrap --token ${SECRET}`,
])('no key shows the secret in %s', (planted) => {
  const keys = describeKeys().map(({ path }) => path.replace('<name>', 'one'))
  // Whatever a key takes, it is shown alike.
  const config = structuredClone(parseConfig({})) as unknown as Tree
  for (const key of keys) {
    const command = planted.startsWith('/') && !/[cC]ommand$/.test(key)
    if (!command) setAt(config, key.split('.'), key === 'listen' ? { text: planted } : planted)
    if (key.endsWith('s') && !command) setAt(config, key.split('.'), [planted])
  }
  // Durations are numbers: nothing was planted there.
  const durations = keys.filter((key) => typeof valueAt(parseConfig({}), key) === 'number')
  for (const key of durations) setAt(config, key.split('.'), valueAt(parseConfig({}), key))
  const settings = describeSettings(config as unknown as Config, {})
  expect(settings.filter((each) => JSON.stringify(each).includes(SECRET)).map(({ key }) => key)).toEqual([])
  expect(settings.filter(({ isHidden }) => isHidden).length).toBeGreaterThan(0)
})

function valueAt(tree: unknown, key: string): unknown {
  return key.split('.').reduce<unknown>((at, name) => (at as Tree | undefined)?.[name], tree)
}

test('what is no secret is shown as it is written', () => {
  const config = parseConfig({
    database: `postgres://berth:${SECRET}@db:5432/berth?sslmode=verify-full&pool=10`,
    storage: 's3://bucket/prefix?region=eu&accessKeyFile=/run/key',
    gc: { every: '90s' },
    auth: { ldap: { corp: { url: 'ldaps://ldap.test', userBase: 'ou=people' } } },
    trustedProxies: '10.0.0.0/8,fd00::/8',
  })
  expect(values(config)).toMatchObject({
    listen: '127.0.0.1:5000',
    database: 'postgres://berth:HIDDEN@db:5432/berth?sslmode=verify-full&pool=10',
    storage: 's3://bucket/prefix?region=eu&accessKeyFile=/run/key',
    'gc.every': '90s',
    'auth.ldap.corp.url': 'ldaps://ldap.test',
    trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
    insecureHttp: false,
  })
})

test('where each value is from', async () => {
  const file = `${process.env.TMPDIR ?? '/tmp'}/berth-origins-${process.pid}.yaml`
  await Bun.write(
    file,
    'gc: { every: 60s, lease: 2d }\nauth: { ldap: { corp: { url: "ldaps://x", userBase: ou=p } } }\n',
  )
  const environment = { BERTH_GC__LEASE: '3d', BERTH_LOG__LEVEL: 'debug' }
  const { config, origins } = await loadConfig({ file, environment, flags: { 'log.level': 'warn', data: undefined } })
  await Bun.file(file).delete()
  const found = Object.fromEntries(describeSettings(config, origins).map(({ key, origin }) => [key, origin]))
  expect(found).toMatchObject({
    ...{ 'gc.every': 'file', 'gc.lease': 'environment', 'gc.untagged': 'default' },
    ...{ 'log.level': 'flag', data: 'default', 'auth.ldap.corp.url': 'file', 'auth.ldap.corp.userFilter': 'default' },
  })
})
