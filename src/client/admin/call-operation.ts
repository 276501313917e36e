import type { AdminClient } from './admin-client.ts'
import { type AnswerOf, cursorOf, type Operation, type OperationShape, shapeOf } from './operation.ts'
import { isProblem, refusalOf } from './refusal.ts'
import { objectOf, pageOf, requireList, StrangeAnswer } from './strange-answer.ts'

/** Values by name; what is undefined is not sent. */
export type Values = Readonly<Record<string, unknown>>

export interface OperationInput {
  readonly path?: Values
  readonly query?: Values
  readonly body?: unknown
}

/** What openapi-fetch takes and gives when the operation is not known before the program runs. */
type Request = (
  method: string,
  path: string,
  init: { readonly params: object; readonly body?: unknown; readonly parseAs: 'text' | 'arrayBuffer' },
) => Promise<{ data?: unknown; error?: unknown; response: Response }>

/** The answer; undefined where there is none. @throws ApiRefusal, StrangeAnswer */
export async function callOperation<O extends Operation>(
  client: AdminClient,
  operation: O,
  input: OperationInput = {},
): Promise<AnswerOf<O>> {
  const answer = await callShape(client, shapeOf(operation), input)
  if (operation.startsWith('list')) requireList(answer)
  return answer as AnswerOf<O>
}

/** The same of an operation that only the server knows. @throws ApiRefusal, StrangeAnswer */
export async function callShape(client: AdminClient, shape: OperationShape, input: OperationInput): Promise<unknown> {
  const { bytes, response } = await answerOf(client, shape, input)
  if (bytes.length === 0 && response.status > 201) return undefined
  return objectOf(bytes, response.headers.get('content-type'))
}

/** What it answers, as it came. @throws ApiRefusal, StrangeAnswer */
export async function bytesOf(client: AdminClient, shape: OperationShape, input: OperationInput): Promise<Uint8Array> {
  return (await answerOf(client, shape, input)).bytes
}

interface Answer {
  readonly bytes: Uint8Array
  readonly response: Response
}

async function answerOf(client: AdminClient, shape: OperationShape, input: OperationInput): Promise<Answer> {
  const request = client.request as unknown as Request
  const { path = {}, query = {}, body } = input
  const init = { params: { path, query }, parseAs: 'arrayBuffer' as const }
  const { data, error, response } = await request(shape.method.toLowerCase(), shape.path, {
    ...init,
    ...(body === undefined ? {} : { body }),
  })
  if (response.status === 404 && !isProblem(error)) throw new StrangeAnswer('there is nothing at its addresses')
  if (!response.ok) throw refusalOf(response.status, error)
  if (response.headers.get('content-type')?.startsWith('text/html') === true)
    throw new StrangeAnswer('a page for browsers came')
  return { bytes: data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(), response }
}

/** More than anybody reads to its end. */
export const MAX_ITEMS = 1_000_000

/** Pages of a list, one after the other, until it ends or there is as much as is wanted. @throws ApiRefusal, StrangeAnswer */
export async function* pagesOf(
  client: AdminClient,
  shape: OperationShape,
  input: OperationInput,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly unknown[]> {
  const cursor = cursorOf(shape)
  let after: string | number | undefined
  let count = 0
  for (let left = limit; left > 0;) {
    const sized = shape.pageSize === undefined ? {} : { limit: Math.min(left, shape.pageSize) }
    const begun = cursor === undefined || after === undefined ? {} : { [cursor]: after }
    const page = pageOf(await callShape(client, shape, { ...input, query: { ...input.query, ...sized, ...begun } }))
    const items = page.items.slice(0, left)
    yield items
    left -= items.length
    count += items.length
    if (count >= MAX_ITEMS && limit === Number.POSITIVE_INFINITY && page.next !== undefined)
      throw new Error(`the list does not end after ${count} entries: ask for a part of it, or say --limit`)
    // A server that says the same again would keep us for ever.
    if (cursor === undefined || page.next === undefined || page.next === after || items.length === 0) return
    after = page.next
  }
}
