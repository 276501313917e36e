import { describe, expect, it } from 'bun:test'
import { parse } from 'yaml'
import { parseConfig } from '../load.ts'
import { convertDistribution } from './convert.ts'
import type { Converted } from './draft.ts'
import { readDistribution } from './read.ts'
import { writeConverted } from './write.ts'

const NOWHERE = () => false
const convert = (yaml: string, hasImages: (folder: string) => boolean = NOWHERE) =>
  convertDistribution(parse(`version: 0.1\n${yaml}`), { isWhole: true, hasImages })
const became = ({ notes }: Converted, key: string) => notes.find((note) => note.key === key)?.became

/** What stands in our file, without what stands there for every open registry. */
function valuesOf(yaml: string): unknown {
  const { auth, ...rest } = convert(yaml).values as { auth?: { anonymous?: string } }
  const { anonymous: _, ...others } = auth ?? {}
  return Object.keys(others).length === 0 ? rest : { ...rest, auth: others }
}

describe('keys of distribution that have a counterpart', () => {
  it.each<[string, unknown]>([
    ['log: { level: debug }', { log: { level: 'debug' } }],
    ['loglevel: WARN', { log: { level: 'warn' } }],
    ['loglevel: warn\nlog: { level: error }', { log: { level: 'error' } }],
    ['storage: filesystem', { data: '/var/lib/registry/berth' }],
    ['storage: { filesystem: { rootdirectory: /srv/images/ } }', { data: '/srv/images/berth' }],
    ['storage: { filesystem: { rootdirectory: / } }', { data: '/berth' }],
    ['storage: { inmemory: }', {}],
    [
      'storage: { s3: { bucket: b, region: eu-1 } }',
      { storage: 's3://b/berth?region=eu-1', adopt: { registry: 's3://b?region=eu-1' } },
    ],
    [
      'storage: { s3: { bucket: b, rootdirectory: /a/b/, regionendpoint: "minio:9000", secure: false, forcepathstyle: true } }',
      {
        storage: 's3://b/a/b/berth?endpoint=http%3A%2F%2Fminio%3A9000&pathStyle=true',
        adopt: { registry: 's3://b/a/b?endpoint=http%3A%2F%2Fminio%3A9000&pathStyle=true' },
      },
    ],
    [
      'storage: { s3: { bucket: b, encrypt: true, keyid: k, storageclass: STANDARD_IA } }',
      {
        storage: 's3://b/berth?sse=aws%3Akms&kmsKeyId=k&storageClass=STANDARD_IA',
        adopt: { registry: 's3://b?sse=aws%3Akms&kmsKeyId=k&storageClass=STANDARD_IA' },
      },
    ],
    [
      'storage: { s3: { bucket: b, encrypt: true, storageclass: NONE } }',
      { storage: 's3://b/berth?sse=AES256', adopt: { registry: 's3://b?sse=AES256' } },
    ],
    [
      'storage: { gcs: { bucket: b-b, keyfile: /k.json, rootdirectory: x } }',
      {
        storage: 'gs://b-b/x/berth?credentialsFile=%2Fk.json',
        adopt: { registry: 'gs://b-b/x?credentialsFile=%2Fk.json' },
      },
    ],
    [
      'storage: { azure: { accountname: acc, container: con, realm: core.chinacloudapi.cn } }',
      { storage: 'azure://con/berth?account=acc&endpoint=https%3A%2F%2Facc.blob.core.chinacloudapi.cn' },
    ],
    [
      'storage: { s3: { bucket: bbb }, redirect: { disable: false } }',
      { storage: 's3://bbb/berth', adopt: { registry: 's3://bbb' }, redirect: { mode: 'on' } },
    ],
    ['storage: { redirect: { disable: false } }', {}],
    ['storage: { maintenance: { uploadpurging: { age: 36h } } }', { uploads: { expireAfter: '36h' } }],
    ['storage: { maintenance: { uploadpurging: { enabled: false } } }', { uploads: { expireAfter: '3650d' } }],
    ['auth: { htpasswd: { realm: x, path: /etc/htpasswd } }', { auth: { htpasswd: { path: '/etc/htpasswd' } } }],
    ['http: { addr: "localhost:5000" }', { listen: 'localhost:5000' }],
    ['http: { addr: ":5000" }', { listen: ':5000', insecureHttp: true }],
    ['http: { host: "https://registry.example" }', { externalUrl: 'https://registry.example' }],
    ['http: { draintimeout: 1m30s }', { shutdown: { drain: '90s' } }],
    [
      'http: { addr: "0.0.0.0:443", tls: { certificate: /c, key: /k, clientcas: [/ca] } }',
      { listen: '0.0.0.0:443', tls: { cert: '/c', key: '/k', clientCa: '/ca' } },
    ],
    ['validation: { manifests: { indexes: { platforms: none } } }', { content: { sparse: true } }],
    ['validation: { manifests: { indexes: { platforms: all } } }', {}],
  ])('%s', (yaml, values) => {
    expect(valuesOf(yaml)).toEqual(values)
    expect(convert(yaml).problems).toEqual([])
    expect(() => parseConfig(convert(yaml).values)).not.toThrow()
  })

  it('images that lie on the disk are adopted', () => {
    const { values, notes } = convert('storage: { filesystem: { rootdirectory: /srv } }', (folder) => folder === '/srv')
    expect(values).toMatchObject({ data: '/srv/berth', adopt: { registry: '/srv' } })
    expect(notes.at(-1)).toMatchObject({ became: expect.stringContaining('served from there and never changed') })
  })

  it.each([
    [
      'https://user:canary@mirror.example',
      'mirror.example https://mirror.example --username user --password-file FILE',
    ],
    ['https://mirror.example/x/', 'mirror.example https://mirror.example/x/'],
    [
      'https://u%40x:canary@mirror.example/',
      'mirror.example https://mirror.example/ --username u@x --password-file FILE',
    ],
    ['user:canary@mirror.example', 'upstream mirror.example'],
    ['https://user:can/ary@mirror.example', 'mirror.example https://mirror.example'],
    ['http://10.1.2.3:5000', '10.1.2.3 http://10.1.2.3:5000 --allow-private --insecure-http'],
    ['https://[fd00::1]:5000', "upstream 'https://[fd00::1]:5000' --allow-private"],
    ['http://localhost:5000', 'localhost http://localhost:5000 --allow-private'],
    ['http://registry:5000', 'registry http://registry:5000 --allow-private --insecure-http'],
    ['https://cache.corp.internal', 'cache.corp.internal https://cache.corp.internal --allow-private'],
    ['https://8.8.8.8', '8.8.8.8 https://8.8.8.8'],
  ])('the upstream %s is a command that works, and shows no password', (url, command) => {
    const converted = convert(`proxy: { remoteurl: "${url}" }`)
    expect(converted.commands[0]).toBe(`berth remote add ${command}`)
    expect(writeConverted(converted)).not.toMatch(/canary|ary@/)
  })

  it('no address keeps a password', () => {
    const yaml =
      'http: { host: "https://u:canary@r.example" }\nstorage: { s3: { bucket: b, regionendpoint: "http://u:canary@minio:9000" } }'
    const converted = convert(yaml)
    expect(writeConverted(converted)).not.toContain('canary')
    expect(converted.values).toMatchObject({
      externalUrl: 'https://r.example',
      storage: 's3://b/berth?endpoint=http%3A%2F%2Fminio%3A9000',
    })
  })

  it('what a pull-through cache has is not adopted: its tags would stay as they are for ever', () => {
    const upstream = 'proxy: { remoteurl: "https://quay.io" }'
    for (const storage of ['filesystem: { rootdirectory: /srv }', 's3: { bucket: b }', 'gcs: { bucket: b }']) {
      const { values, notes } = convert(`storage: { ${storage} }\n${upstream}`, () => true)
      expect(values).not.toHaveProperty('adopt')
      expect(notes[1]?.became).toContain('nothing is adopted: what lies there is copies of the upstream’s images')
    }
  })

  it('a registry without auth is open here too, and one with any is not', () => {
    expect(convert('').values).toEqual({ auth: { anonymous: 'push' } })
    expect(convert('auth: none').values).toEqual({ auth: { anonymous: 'push' } })
    expect(convert('auth:').values).toEqual({ auth: { anonymous: 'push' } })
    for (const auth of ['htpasswd: { path: /x }', 'token: { realm: x }', 'silly: { realm: x }', 'other: { x: 1 }'])
      expect(convert(`auth: { ${auth} }`).values).toMatchObject({ auth: { anonymous: 'none' } })
  })

  it('an upstream is a remote and a source', () => {
    const { commands, values } = convert(
      'proxy: { remoteurl: "https://registry-1.docker.io", username: it\'s, password: canary, ttl: 24h }',
    )
    expect(commands).toEqual([
      `berth remote add docker.io https://registry-1.docker.io --username 'it'\\''s' --password-file FILE`,
      'berth source add --registry docker.io',
    ])
    expect(values).toEqual({ auth: { anonymous: 'push' } })
    expect(convert('proxy: { remoteurl: "https://quay.io", remotenamespace: team }').commands).toEqual([
      'berth remote add quay.io https://quay.io',
      'berth source add --registry quay.io --prefix team/',
    ])
    expect(convert('proxy: { remoteurl: }').commands).toEqual([])
  })
})

describe('what would not be what it was', () => {
  it.each([
    ['storage: { oss: { bucket: b } }', 'storage.oss'],
    ['storage: { swift: { container: b } }', 'storage.swift'],
    ['storage: { filesystem: {}, s3: { bucket: bbb } }', 'storage'],
    ['storage: { gcs: { bucket: b-b, credentials: { private_key: x } } }', 'storage.gcs.credentials'],
    ['storage: { maintenance: { readonly: { enabled: true } } }', 'storage.maintenance.readonly'],
    ['auth: { htpasswd: { path: /x }, token: { realm: x } }', 'auth'],
    ['http: { net: unix, addr: /run/x }', 'http.net'],
    ['http: { prefix: /a/ }', 'http.prefix'],
    ['http: { tls: { letsencrypt: { hosts: [a.example] } } }', 'http.tls.letsencrypt'],
    ['http: { tls: { letsencrypt: { cachefile: /x } } }', 'http.tls.letsencrypt'],
    ['http: { tls: { certificate: /c, key: /k, clientcas: [/a, /b] } }', 'http.tls.clientcas'],
    [
      'http: { tls: { certificate: /c, key: /k, clientcas: [/a], clientauth: request-client-cert } }',
      'http.tls.clientauth',
    ],
  ])('%s has to be settled first', (yaml, key) => {
    expect(convert(yaml).problems.map((problem) => problem.split(':')[0])).toEqual([key])
  })

  it('is a version that is not known', () => {
    const { problems } = convertDistribution({ version: '0.2' }, { isWhole: true, hasImages: NOWHERE })
    expect(problems).toEqual(['version: only 0.1 is known'])
  })

  it('is not what is off', () => {
    for (const yaml of [
      'storage: { maintenance: { readonly: { enabled: false } } }',
      'http: { prefix: / }',
      'http: { tls: { letsencrypt: { hosts: [], email: a@b.example } } }',
      'http: { tls: { certificate: /c, key: /k, letsencrypt: { hosts: [a.example] } } }',
    ])
      expect(convert(yaml).problems).toEqual([])
  })
})

/** Every key of distribution's references of 2.8 and 3.x, but for drivers that were dropped and more of the same. */
const ALL = `
log:
  accesslog: { disabled: true }
  level: info
  formatter: json
  fields: { service: registry, environment: staging }
  hooks: [{ type: mail, options: { smtp: { password: canary } } }]
  reportcaller: true
storage:
  s3:
    accesskey: canary-id
    secretkey: canary
    sessiontoken: canary
    region: us-west-1
    regionendpoint: http://objects.local
    redirectendpoint: http://objects.example
    forcepathstyle: true
    accelerate: false
    usedualstack: false
    usefipsendpoint: false
    bucket: bucketname
    encrypt: true
    keyid: mykeyid
    secure: true
    skipverify: true
    v4auth: true
    chunksize: 5242880
    multipartcopychunksize: 33554432
    multipartcopymaxconcurrency: 100
    multipartcopythresholdsize: 33554432
    rootdirectory: /s3/object/name/prefix
    storageclass: STANDARD
    objectacl: private
    useragent: x
    loglevel: debug
  tag: { concurrencylimit: 8 }
  delete: { enabled: false }
  redirect: { disable: true }
  cache: { blobdescriptor: redis, blobdescriptorsize: 10000, layerinfo: inmemory }
  maintenance:
    uploadpurging: { enabled: true, age: 168h, interval: 24h, dryrun: false }
    readonly: { enabled: false }
auth:
  token:
    autoredirect: true
    autoredirectpath: /x
    realm: r
    service: s
    issuer: i
    rootcertbundle: /b
    jwks: /j
    signingalgorithms: [EdDSA]
middleware:
  registry: [{ name: a, options: { foo: canary } }]
  storage: [{ name: cloudfront, options: { privatekey: /p } }]
reporting:
  bugsnag: { apikey: canary, releasestage: x, endpoint: y }
  newrelic: { licensekey: canary, name: x, verbose: true }
http:
  addr: localhost:5000
  net: tcp
  prefix: /
  host: https://registry.example:5000
  secret: canary
  relativeurls: false
  draintimeout: 60s
  tls:
    certificate: /c
    key: /k
    clientcas: [/ca.pem]
    clientauth: require-and-verify-client-cert
    minimumtls: tls1.2
    ciphersuites: [TLS_AES_128_GCM_SHA256]
    letsencrypt: { cachefile: /x, email: e, hosts: [h], directoryurl: https://acme.example }
  debug: { addr: localhost:5001, prometheus: { enabled: true, path: /metrics } }
  headers: { X-Content-Type-Options: [nosniff] }
  http2: { disabled: false }
  h2c: { enabled: false }
notifications:
  events: { includereferences: true }
  endpoints: [{ name: a, url: https://listener.example, headers: { Authorization: [canary] } }]
redis:
  addr: localhost:6379
  addrs: [localhost:6379]
  password: canary
  tls: { enabled: true, certificate: /x, key: /y, clientcas: [/z] }
  pool: { maxidle: 16 }
health:
  storagedriver: { enabled: true, interval: 10s, threshold: 3 }
  file: [{ file: /x, interval: 10s }]
  http: [{ uri: http://x.example, headers: { Authorization: [canary] } }]
  tcp: [{ addr: "x:1" }]
catalog: { maxentries: 100 }
tags: { maxtags: 100 }
proxy:
  remoteurl: https://registry-1.docker.io
  username: ann
  password: canary
  exec: { command: x, lifetime: 1h }
  ttl: 168h
  remotenamespace: n
compatibility: { schema1: { signingkeyfile: /x, enabled: true } }
policy: { repository: { classes: [image] } }
validation:
  enabled: true
  disabled: false
  manifests:
    urls: { allow: [x], deny: [y] }
    indexes: { platforms: list, platformlist: [{ os: linux, architecture: amd64 }] }
`

describe('the whole of it', () => {
  const whole = convert(ALL)

  it('says of every key what it became', () => {
    expect(whole.notes.filter((note) => note.became.includes('no such key'))).toEqual([])
    expect(whole.problems).toEqual([])
    expect(became(whole, 'redis')).toContain('nothing: processes and replicas share their database')
    expect(became(whole, 'storage.s3.secretkey')).toContain('AWS_SECRET_ACCESS_KEY')
    expect(whole.notes.length).toBeGreaterThan(70)
  })

  it('prints a file that is understood, with no secret in it', () => {
    const text = writeConverted(whole)
    expect(text).not.toContain('canary')
    expect(parseConfig(parse(text))).toMatchObject({ externalUrl: 'https://registry.example:5000' })
    expect(text).toContain('# http.host → externalUrl\n')
    expect(text.endsWith('# berth source add --registry docker.io --prefix n/\n')).toBe(true)
    expect(Object.keys(whole.variables)).toEqual(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
  })

  it('says of a key that is not known that it is not, without its value', () => {
    const { notes, values } = convert(
      'extra: canary\nstorage: { filesystem: { typo: canary } }\nhttp: { tls: { typo: canary } }\nauth: { htpasswd: { typo: canary } }\nproxy: { typo: canary }',
    )
    const unknown = notes.filter((note) => note.became.includes('no such key')).map(({ key }) => key)
    expect(unknown).toEqual([
      ...['extra', 'storage.filesystem.typo', 'http.tls.typo', 'auth.htpasswd.typo', 'proxy.typo'],
    ])
    expect(JSON.stringify([notes, values])).not.toContain('canary')
  })
})

describe('REGISTRY_ variables', () => {
  const read = (environment: Record<string, string>, file?: string) =>
    readDistribution(file === undefined ? undefined : parse(`version: 0.1\n${file}`), environment, NOWHERE)

  it('override the file, the more specific one last', () => {
    const { values } = read(
      {
        REGISTRY_STORAGE_S3_REGION: 'eu-2',
        REGISTRY_STORAGE_S3_BUCKET: 'other',
        REGISTRY_STORAGE_DELETE_ENABLED: 'true',
        REGISTRY_HTTP_ADDR: 'localhost:6000',
        REGISTRY_HTTP_TLS_CLIENTCAS_0: '/ca',
        REGISTRY_LOG_LEVEL: 'warn',
        REGISTRY_VALIDATION_MANIFESTS_INDEXES_PLATFORMS: 'none',
      },
      'storage: { s3: { bucket: mine, region: eu-1 } }\nhttp: { addr: "localhost:5000", tls: { certificate: /c, key: /k } }',
    )
    expect(values).toMatchObject({
      ...{ storage: 's3://other/berth?region=eu-2', listen: 'localhost:6000', log: { level: 'warn' } },
      ...{ tls: { cert: '/c', key: '/k', clientCa: '/ca' }, content: { sparse: true } },
    })
  })

  it('choose a driver by its name, and then its parameters', () => {
    expect(read({ REGISTRY_STORAGE: 'filesystem' }, '').values).toMatchObject({ data: '/var/lib/registry/berth' })
    const variables = {
      REGISTRY_AUTH: 'htpasswd',
      REGISTRY_AUTH_HTPASSWD_PATH: '/h',
      REGISTRY_AUTH_HTPASSWD_REALM: 'R',
    }
    expect(read(variables, '').values).toMatchObject({ auth: { htpasswd: { path: '/h' }, anonymous: 'none' } })
  })

  it('alone say no more than they say', () => {
    expect(read({ REGISTRY_LOG_LEVEL: 'debug' }).values).toEqual({ log: { level: 'debug' } })
    expect(read({ REGISTRY_HTTP_ADDR: '0.0.0.0:5000' }).values).toEqual({ listen: '0.0.0.0:5000' })
    expect(read({ REGISTRY_HTTP_SECRET: 'canary: {' }).notes).toEqual([
      { key: 'http.secret', became: expect.stringContaining('nothing') },
    ])
  })

  it('of others are none', () => {
    const { notes } = read({
      REGISTRY_PORT: 'tcp://10.0.0.1:5000',
      REGISTRY_USER: 'ci',
      REGISTRY_AUTH_FILE: '/a',
      REGISTRY_LOG_LEVEL: 'info',
    })
    expect(notes.map(({ key }) => key)).toEqual(['log.level'])
  })
})
