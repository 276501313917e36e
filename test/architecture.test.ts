import { describe, expect, it } from 'bun:test'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Glob } from 'bun'
import { COMMAND_FAILPOINT_NAMES, FAILPOINT_NAMES, REPLICA_FAILPOINTS } from './faults/failpoints.ts'

const SRC = new URL('../src', import.meta.url).pathname

interface Source {
  /** Path below src. */
  readonly file: string
  readonly text: string
  /** The text without comments. */
  readonly code: string
  /** Imported files of ours, as paths below src. */
  readonly imports: readonly string[]
}

const sources: readonly Source[] = [...new Glob('**/*.ts').scanSync(SRC)]
  .filter((file) => !file.endsWith('.test.ts'))
  .sort()
  .map(readSource)

function readSource(file: string): Source {
  const text = readFileSync(join(SRC, file), 'utf8')
  const code = withoutComments(text)
  const specifiers = code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'/g)
  const imports = [...specifiers].flatMap(([, specifier = '']) =>
    specifier.startsWith('.') ? [join(dirname(file), specifier)] : [],
  )
  return { file, text, code, imports }
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** The first folder, or the file itself at the top: `app.ts`, `main.ts`. */
function partOf(file: string): string {
  return file.split('/')[0] ?? file
}

/** design.md §3, "What may import what": a part imports from itself and from those named here. */
const CORE = ['lib', 'oci']
const PORTS = ['storage', 'metadata', 'events', 'observability', 'jobs']
const INNER = [...CORE, ...PORTS, 'registry', 'client']
const RULES: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  oci: ['lib'],
  // Not in the design's chain. It reads the list of log levels, which observability owns.
  config: ['lib', 'oci', 'observability'],
  storage: [...CORE, 'observability'],
  metadata: [...CORE, 'observability'],
  // Readiness asks the ports.
  observability: [...CORE, 'storage', 'metadata'],
  events: [...CORE, 'observability', 'metadata'],
  jobs: [...CORE, 'observability', 'metadata'],
  registry: [...CORE, ...PORTS, 'client'],
  client: [...CORE, ...PORTS, 'registry'],
  // Providers are made from their part of the configuration.
  auth: [...INNER, 'access', 'config'],
  access: [...INNER, 'auth', 'config'],
  http: [...INNER, 'auth', 'access', 'config'],
  // Layouts and archives as places that images come from and go to.
  'image-files': [...CORE, 'storage', 'registry'],
  // What packages are, and how their versions are compared: pure.
  packages: CORE,
  // What is known of vulnerabilities: a database file of its own.
  vulndb: [...CORE, 'packages', 'client'],
  // What is inside of images, and who signed them: rows and documents that several features use.
  inventory: [...CORE, ...PORTS, 'packages', 'registry', 'config'],
  trust: [...INNER, 'config'],
  // Other registries, which several features use.
  remotes: [...INNER, 'auth', 'access', 'config', 'http'],
}
// Of http a feature takes what its rows of the admin API are made of; http takes nothing of a feature.
const FEATURE = [
  ...[...INNER, 'auth', 'access', 'config', 'http', 'remotes'],
  ...['packages', 'vulndb', 'inventory', 'trust'],
]
const FEATURES = [
  ...['gc', 'retention', 'quota', 'immutability', 'history', 'proxy-cache', 'replication', 'webhooks', 'audit'],
  ...[
    'scanning',
    'inside',
    'signing',
    'policy',
    'search',
    'fsck',
    'protection',
    'disk-guard',
    'scrub',
    'backup',
    'recovery',
    'replicas',
    'move',
    'adopt',
    'doctor',
    'traces',
    'system',
  ],
]
for (const feature of FEATURES) Object.assign(RULES, { [feature]: FEATURE })

/** These put the rest together: cli may import anything but main, app.ts anything but cli and main. */
const ASSEMBLY: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['cli'],
  'contents.ts': [...Object.keys(RULES)],
  'api-routes.ts': [...Object.keys(RULES), 'contents.ts'],
  'app.ts': [...Object.keys(RULES), 'contents.ts', 'api-routes.ts'],
  cli: [...Object.keys(RULES), 'app.ts', 'contents.ts', 'api-routes.ts'],
}

function allowedFor(part: string): readonly string[] | undefined {
  return RULES[part] ?? ASSEMBLY[part]
}

describe('what may import what', () => {
  it('every folder of src has a rule', () => {
    const parts = [...new Set(sources.map(({ file }) => partOf(file)))]
    expect(parts.filter((part) => allowedFor(part) === undefined)).toEqual([])
  })

  it('every import is allowed by the table', () => {
    const violations = sources.flatMap(({ file, imports }) => {
      const allowed = allowedFor(partOf(file)) ?? []
      return imports
        .filter((target) => partOf(target) !== partOf(file) && !allowed.includes(partOf(target)))
        .map((target) => `${file} imports ${target}`)
    })
    expect(violations).toEqual([])
  })

  it('nobody but cli and tests imports app.ts', () => {
    const importers = sources.filter(({ imports }) => imports.includes('app.ts')).map(({ file }) => partOf(file))
    expect([...new Set(importers)]).toEqual(['cli'])
  })

  it('no feature imports another, and the registry imports none', () => {
    const violations = sources
      .filter(({ file }) => FEATURES.includes(partOf(file)) || partOf(file) === 'registry')
      .flatMap(({ file, imports }) =>
        imports
          .filter((target) => FEATURES.includes(partOf(target)) && partOf(target) !== partOf(file))
          .map((target) => `${file} imports ${target}`),
      )
    expect(violations).toEqual([])
  })

  it('every imported file exists', () => {
    const files = new Set(sources.map(({ file }) => file))
    const missing = sources.flatMap(({ file, imports }) =>
      imports.filter((target) => !files.has(target)).map((target) => `${file} imports ${target}`),
    )
    expect(missing).toEqual([])
  })
})

/** Files whose code matches, outside the places where it may stand. */
function filesWith(pattern: RegExp, allowed: (file: string) => boolean): string[] {
  return sources.filter(({ file, code }) => pattern.test(code) && !allowed(file)).map(({ file }) => file)
}

function within(...folders: readonly string[]): (file: string) => boolean {
  return (file) => folders.includes(partOf(file))
}

describe('what may stand where', () => {
  it('Bun only in the server, the storage, the metadata and lib', () => {
    const inside = within('storage', 'metadata', 'lib', 'vulndb')
    const pattern = /\bBun\.|from '(?:bun|bun:[a-z]+)'/
    expect(filesWith(pattern, (file) => file === 'http/server.ts' || inside(file))).toEqual([])
  })

  it('OpenTelemetry only in traces, which are loaded when they are configured', () => {
    expect(filesWith(/'@opentelemetry\//, within('traces'))).toEqual([])
    const isAtStart = ({ code }: Source) => /from '[./]+\/traces\//.test(code)
    const importers = sources.filter((source) => partOf(source.file) !== 'traces' && isAtStart(source))
    expect(importers.map(({ file }) => file)).toEqual([])
  })

  it('SQL only in the metadata and in stores', () => {
    const pattern =
      /from 'kysely|\bsql[`<]|\b(?:selectFrom|insertInto|updateTable|deleteFrom|replaceInto|mergeInto)\(|'(?:select|insert into|update|delete from|pragma) /i
    const isStore = (file: string) => /(?:^|[/-])store\.ts$/.test(file) && partOf(file) !== 'storage'
    expect(filesWith(pattern, (file) => ['metadata', 'vulndb'].includes(partOf(file)) || isStore(file))).toEqual([])
  })

  it('the environment only in config', () => {
    expect(filesWith(/\bprocess\.env\b|\bBun\.env\b|\bimport\.meta\.env\b/, within('config'))).toEqual([])
  })

  it('status codes only in http and in the table of errors', () => {
    const codes = sources
      // Object stores and other registries answer in HTTP.
      .filter(({ file }) => !['client', 'http', 'storage'].includes(partOf(file)) && file !== 'oci/errors.ts')
      .flatMap(({ file, code }) =>
        [...code.matchAll(/\bstatus(?:Code)?\b\s*(?::|[=!]==?)\s*([1-5]\d\d)\b/g)]
          .filter((match) => !(partOf(file) === 'registry' && isErrorOption(code.slice(0, match.index))))
          .map(([text]) => `${file} says ${text}`),
      )
    expect(codes).toEqual([])
  })

  /** Whether the text ends inside the options of an OciError that is being made. */
  function isErrorOption(before: string): boolean {
    return /(?:new OciError|super)\('[A-Z_]+', \{[^}]*$/.test(before)
  }

  it('files and buckets are opened by the storage, the metadata and lib only', () => {
    // What else reads a file reads one that an operator wrote: the configuration, users, certificates.
    const exceptions = ['config/load.ts', 'auth/htpasswd.ts', 'auth/secret-file.ts', 'http/tls-files.ts']
    const allowed = (file: string) => within('storage', 'metadata', 'lib', 'vulndb')(file) || exceptions.includes(file)
    expect(filesWith(/from 'node:fs|aws-sdk|\bS3Client\b/, allowed)).toEqual([])
  })
})

describe('failpoints', () => {
  const names = sources.flatMap(({ code }) =>
    [...code.matchAll(/\bfailpoint\('([^']+)'\)/g)].map(([, name = '']) => name),
  )

  it('no name is used twice', () => {
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('every name is a text in the source', () => {
    const computed = sources.filter(({ file, code }) => file !== 'lib/failpoint.ts' && /\bfailpoint\((?!')/.test(code))
    expect(computed.map(({ file }) => file)).toEqual([])
  })

  it('the fault suite dies at every one', () => {
    expect([...names].sort()).toEqual([...FAILPOINT_NAMES, ...COMMAND_FAILPOINT_NAMES, ...REPLICA_FAILPOINTS].sort())
  })
})
