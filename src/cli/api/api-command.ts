import { readFileText } from './read-input.ts'
import type { Command } from 'commander'
import type { AdminClient } from '../../client/admin/admin-client.ts'
import { bytesOf, pagesOf, type OperationInput } from '../../client/admin/call-operation.ts'
import { cursorOf, isOperation, type OperationShape, shapeOf } from '../../client/admin/operation.ts'
import { StrangeAnswer } from '../../client/admin/strange-answer.ts'
import { UsageError } from '../exit-codes.ts'
import { collect } from './choose.ts'
import { printBytes, several } from './command.ts'
import { printJson } from './render.ts'
import type { ApiCommand, Said } from './spec.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

function define(command: Command): Command {
  return command
    .description(
      'Call an operation of the admin API by its name (listProjects), or by method and path below /api/v1 (GET /projects), and print its answer. The names are in /api/v1/openapi.json.',
    )
    .argument('<operation>', 'name of an operation, or a method')
    .argument('[path]', 'with a method: the path')
    .option(
      '--field <name=value>',
      'a parameter of the path or the query, or a field of the body; NAME:=JSON for what is no text; again for each',
      collect,
    )
    .option('--input <file>', 'the body, JSON; "-" is standard input')
    .option('--all', 'all pages of a list')
}

function shapeFor([operation = '', path]: readonly string[]): OperationShape {
  if (path === undefined) {
    if (isOperation(operation)) return shapeOf(operation)
    throw new UsageError(`"${operation}" is no operation; /api/v1/openapi.json has their names`)
  }
  const method = operation.toUpperCase()
  if (!METHODS.includes(method)) throw new UsageError(`a method is one of ${METHODS.join(', ')}`)
  const below = path.replace(/^\/?(?:api\/v1\/)?/, '/')
  return { method, path: below, query: ['after'], pageSize: undefined }
}

function fieldOf(text: string): readonly [string, unknown] {
  const [, name, sign, value = ''] = /^([^=:]+)(:?=)(.*)$/s.exec(text) ?? []
  if (name === undefined) throw new UsageError(`"${text}" is not NAME=VALUE or NAME:=JSON`)
  if (sign === '=') return [name, value]
  try {
    return [name, JSON.parse(value)]
  } catch {
    throw new UsageError(`"${value}" is not JSON`)
  }
}

/** Fields go where the operation has them: into the path, then the query of what only reads, else into the body. */
async function inputOf({ flags }: Said, { method, path, query }: OperationShape): Promise<OperationInput> {
  const fields = (Array.isArray(flags.field) ? flags.field : []).map((field: string) => fieldOf(field))
  const inPath = fields.filter(([name]) => path.includes(`{${name}}`))
  const rest = Object.fromEntries(fields.filter((field) => !inPath.includes(field)))
  const missing = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const said = new Set(inPath.map(([name]) => name))
  const [first] = missing.filter((name) => !said.has(name))
  if (first !== undefined) throw new UsageError(`say --field ${first}=…, which is in the path ${path}`)
  const reads =
    method === 'GET' || (Object.keys(rest).length > 0 && Object.keys(rest).every((name) => query.includes(name)))
  if (reads) return { path: Object.fromEntries(inPath), query: rest }
  return { path: Object.fromEntries(inPath), body: await bodyOf(flags.input, rest, method) }
}

async function bodyOf(input: unknown, fields: Readonly<Record<string, unknown>>, method: string): Promise<unknown> {
  if (typeof input !== 'string') return method === 'DELETE' && Object.keys(fields).length === 0 ? undefined : fields
  const text = await readFileText(input)
  try {
    return { ...(JSON.parse(text) as object), ...fields }
  } catch {
    throw new UsageError(`${input} does not hold a JSON object`)
  }
}

async function run(client: AdminClient, said: Said): Promise<void> {
  const shape = shapeFor(said.words)
  const wantsAll = said.flags.all === true
  if (wantsAll && !isList(said, shape)) throw new UsageError(`"${said.words.join(' ')}" is no list: leave --all out`)
  const input = await inputOf(said, shape)
  if (!wantsAll) return printAnswer(await bytesOf(client, shape, input), said)
  const items: unknown[] = []
  for await (const page of pagesOf(client, shape, input)) items.push(...page)
  printJson({ items })
}

function isList({ words: [operation = '', path] }: Said, shape: OperationShape): boolean {
  if (path !== undefined) return shape.method === 'GET'
  return cursorOf(shape) !== undefined || operation.startsWith('list')
}

function printAnswer(bytes: Uint8Array, { flags }: Said): void {
  if (bytes.length === 0) return
  const value = parsed(new TextDecoder().decode(bytes))
  if (value !== undefined) printJson(value)
  else if (flags.json === true) throw new StrangeAnswer('no JSON came')
  else printBytes(bytes)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** For scripts, and for what has no command of its own. */
export const API_COMMAND: ApiCommand = several('api', [], run, { define })
