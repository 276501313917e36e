import { expect, test } from 'bun:test'
import { parse } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import { VERSION } from '../../src/lib/version.ts'
import { deployFiles, readDeploy } from './support/deploy-files.ts'

// What can be known of the chart without Helm; test/clients/helm-chart.test.ts renders it.

type Tree = Readonly<Record<string, unknown>>

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: unknown
}

const read = (name: string) => readDeploy('helm', 'berth', name)
const values = parse(read('values.yaml')) as Tree
const schema = JSON.parse(read('values.schema.json')) as Schema

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The keys that a schema that allows no others does not have in common with the values, both ways. */
function differences(tree: Tree, { properties = {} }: Schema, at = ''): string[] {
  const missing = Object.keys(tree).filter((key) => properties[key] === undefined)
  const unused = Object.keys(properties).filter((key) => !(key in tree) && `${at}${key}` !== 'global')
  const below = Object.entries(properties).flatMap(([key, child]) => {
    const value = tree[key]
    return isTree(value) && child.additionalProperties === false ? differences(value, child, `${at}${key}.`) : []
  })
  return [...missing.map((key) => `no schema: ${at}${key}`), ...unused.map((key) => `no value: ${at}${key}`), ...below]
}

test('values.yaml and values.schema.json have the same keys', () => {
  expect(schema.additionalProperties).toBe(false)
  expect(differences(values, schema)).toEqual([])
})

test('the configuration in values.yaml is one that Berth takes, and so are the examples beside it', () => {
  expect(parseConfig(values.config).listen.host).toBe('0.0.0.0')
  const commented = [...read('values.yaml').matchAll(/^ {2}# ((?:externalUrl|storage|trustedProxies): .*)$/gm)]
  expect(commented).toHaveLength(3)
  const examples = parse(commented.map(([, line = '']) => line).join('\n')) as Tree
  expect(parseConfig({ ...(values.config as Tree), ...examples }).storage).toStartWith('s3://')
})

test('values-embedded.yaml changes only values that there are', () => {
  const embedded = parse(read('values-embedded.yaml')) as Tree
  const unknown = differences(embedded, schema).filter((line) => line.startsWith('no schema'))
  expect(unknown).toEqual([])
  expect(embedded).toMatchObject({ replicaCount: 1, embedded: { enabled: true } })
})

test('every value that a template uses exists', () => {
  const templates = deployFiles().filter(({ path }) => path.startsWith('helm/berth/templates/'))
  const used = templates.flatMap(({ text }) => [...text.matchAll(/\.Values\.([A-Za-z.]+[A-Za-z])/g)])
  expect(used.length).toBeGreaterThan(50)
  const missing = used.map(([, path = '']) => path).filter((path) => !exists(path.split('.')))
  expect(missing).toEqual([])
})

/** Keys of the configuration need not stand in the values. */
function exists([head = '', ...rest]: readonly string[]): boolean {
  if (head === 'config') return true
  let value: unknown = values
  for (const key of [head, ...rest]) {
    if (!isTree(value) || !(key in value)) return false
    value = value[key]
  }
  return true
}

test('the chart has the version of the program', () => {
  expect(parse(read('Chart.yaml'))).toMatchObject({ apiVersion: 'v2', version: VERSION, appVersion: VERSION })
})
