import fc from 'fast-check'
import { z } from 'zod'

/** As much of JSON Schema as the descriptions of the admin API use. */
const schemaShape = z.looseObject({
  type: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
})

/** What has broken parsers before, and names of things that are there. */
const TEXTS = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    'dev',
    'dev/app',
    'v1',
    'owner',
    '*',
    '**',
    '../..',
    '%00',
    '%',
    '_',
    "';--",
    '\u0000',
    '\uD800',
  ],
  ...[
    '2026-01-01T00:00:00Z',
    '9999999999999999',
    'sha256:zz',
    `sha256:${'a'.repeat(64)}`,
    'é',
    'a'.repeat(300),
    '1.x',
    '(',
  ],
  ...[
    'null',
    '__proto__',
    'constructor',
    'http://[',
    'https://127.0.0.1:1/',
    '-999999999999.x',
    '5.a',
    'CVE-2020-1234',
  ],
]

const text = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
)
const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), text)

/** Mostly what the schema allows, and now and then anything at all in its place. */
export function fromSchema(schema: unknown): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: within(schema) }, { weight: 1, arbitrary: anything })
}

function within(schema: unknown): fc.Arbitrary<unknown> {
  const parsed = schemaShape.safeParse(schema)
  if (!parsed.success) return anything
  const { anyOf, oneOf, enum: values, const: value, type } = parsed.data
  const choices = anyOf ?? oneOf
  if (choices !== undefined && choices.length > 0) return fc.oneof(...choices.map(fromSchema))
  if (values !== undefined) return fc.constantFrom(...values)
  if (value !== undefined) return fc.constant(value)
  return ofType(type, parsed.data)
}

function ofType(type: string | undefined, schema: z.infer<typeof schemaShape>): fc.Arbitrary<unknown> {
  if (type === 'string') return text
  if (type === 'boolean') return fc.boolean()
  if (type === 'integer' || type === 'number') return numberIn(schema)
  if (type === 'array') return fc.array(fromSchema(schema.items), { maxLength: 4 })
  if (type === 'object') return objectOf(schema)
  return anything
}

function numberIn({ minimum = -1e6, maximum = 1e6 }: z.infer<typeof schemaShape>): fc.Arbitrary<number> {
  const edges = [minimum, maximum, minimum - 1, maximum + 1, 0.5, 1e308].filter(Number.isFinite)
  const least = Math.max(minimum, -(2 ** 31))
  return fc.oneof(
    fc.integer({ min: least, max: Math.max(least, Math.min(maximum, 2 ** 31)) }),
    fc.constantFrom(...edges),
  )
}

function objectOf({ properties = {}, required = [] }: z.infer<typeof schemaShape>): fc.Arbitrary<unknown> {
  const keys = Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, fromSchema(each)]))
  const some = required.filter((key) => key in keys)
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(keys, { requiredKeys: some }) },
    { weight: 1, arbitrary: fc.record(keys, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.dictionary(text, anything, { maxKeys: 3 }) },
  )
}
