import type { AdminClient } from '../../client/admin/admin-client.ts'
import { bytesOf, callOperation, type OperationInput, pagesOf, type Values } from '../../client/admin/call-operation.ts'
import { type AnswerOf, cursorOf, type Operation, shapeOf } from '../../client/admin/operation.ts'
import { print, printableLines, printSecret } from '../output.ts'
import { printFields, printJson, printRows } from './render.ts'
import type { ApiCommand, Column, Making, Said, Spec } from './spec.ts'

/** A command that is one operation. */
export function at<O extends Operation>(name: string, operation: O, spec: Spec<O> & Making = {}): ApiCommand {
  return several(name, [operation], (client, said) => perform(client, said, { operation, spec }), spec)
}

/** One that is an operation for the whole registry, and with --project another. */
export function atProject<A extends Operation, B extends Operation>(
  name: string,
  [whole, within]: readonly [A, B],
  spec: Spec<A> & Spec<B> & Making,
): ApiCommand {
  const run: ApiCommand['run'] = async (client, said) =>
    typeof said.flags.project === 'string'
      ? perform<B>(client, said, { operation: within, spec })
      : perform<A>(client, said, { operation: whole, spec })
  return several(name, [whole, within], run, spec)
}

/** One that is more than one operation. */
export function several(
  name: string,
  operations: readonly Operation[],
  run: ApiCommand['run'],
  { define, extend, aboutSelf = false }: Making = {},
): ApiCommand {
  return { name, operations, run, define, extend, aboutSelf }
}

interface Performed<O extends Operation> {
  readonly operation: O
  readonly spec: Spec<O>
}

/** Calls it, and shows what came of it. @throws ApiRefusal */
export async function perform<O extends Operation>(
  client: AdminClient,
  said: Said,
  { operation, spec }: Performed<O>,
): Promise<void> {
  const input = await inputOf(said, spec)
  if (spec.raw === true) return printBytes(await bytesOf(client, shapeOf(operation), input))
  if (cursorOf(shapeOf(operation)) !== undefined) return printList(client, said, { operation, spec, input })
  const answer = await callOperation(client, operation, input)
  if (spec.isNo?.(answer) === true) process.exitCode = 1
  show(said, spec, answer)
}

async function inputOf<O extends Operation>(said: Said, { path = [], query, body }: Spec<O>): Promise<OperationInput> {
  return {
    path: typeof path === 'function' ? await path(said) : namedWords(path, said),
    query: (await query?.(said)) ?? {},
    body: await body?.(said),
  }
}

/** Arguments by the names of path parameters; where a project is not among them it is a flag. */
function namedWords(names: readonly string[], { words, flags }: Said): Values {
  const named = Object.fromEntries(names.map((name, index) => [name, words[index]]))
  return typeof flags.project === 'string' && !names.includes('project') ? { ...named, project: flags.project } : named
}

async function printList<O extends Operation>(
  client: AdminClient,
  { flags }: Said,
  { operation, spec, input }: Performed<O> & { readonly input: OperationInput },
): Promise<void> {
  const limit = typeof flags.limit === 'number' ? flags.limit : Number.POSITIVE_INFINITY
  const items: unknown[] = []
  for await (const page of pagesOf(client, shapeOf(operation), input, limit)) items.push(...page)
  if (flags.json === true) printJson({ items })
  else printRows(items, spec.show as readonly Column<never>[] | undefined)
}

export function show<O extends Operation>(said: Said, spec: Spec<O>, answer: AnswerOf<O>): void {
  if (said.flags.json === true) {
    if (answer !== undefined) printJson(answer)
    return
  }
  const secret = spec.secret === undefined ? undefined : (answer as Record<string, unknown>)[spec.secret]
  const sentence = spec.say?.(said, answer)
  if (typeof secret === 'string') printSecret(sentence ?? '', secret)
  else if (sentence !== undefined) printSentence(sentence)
  else printAnswer(answer, spec.show as readonly Column<never>[] | undefined)
}

function printSentence(sentence: string): void {
  if (sentence !== '') print(printableLines(sentence))
}

function printAnswer(answer: unknown, columns: readonly Column<never>[] | undefined): void {
  if (isList(answer)) printRows(answer.items, columns)
  else if (answer !== undefined) printFields(answer, columns)
}

function isList(answer: unknown): answer is { readonly items: readonly unknown[] } {
  return typeof answer === 'object' && answer !== null && 'items' in answer && Array.isArray(answer.items)
}

/** A terminal gets text that cannot steer it; a file or another program gets it as it is. */
export function printBytes(bytes: Uint8Array): void {
  if (process.stdout.isTTY) print(printableLines(new TextDecoder().decode(bytes)))
  else process.stdout.write(bytes)
}
