import { API_OPERATIONS } from './api-operations.ts'
import type { operations } from './api-types.ts'

/** The name of an operation, as the API's description has it: `listProjects`. */
export type Operation = keyof typeof API_OPERATIONS & keyof operations

type Parameters<O extends Operation, P extends 'path' | 'query'> = operations[O]['parameters'] extends {
  [key in P]?: infer Found
}
  ? NonNullable<Found>
  : never

export type QueryOf<O extends Operation> = Parameters<O, 'query'>

export type BodyOf<O extends Operation> = operations[O] extends {
  requestBody: { content: { 'application/json': infer Body } }
}
  ? Body
  : never

type Json<R, Status extends number> = R extends { [key in Status]: { content: { 'application/json': infer Body } } }
  ? Body
  : never

/** Undefined where there is nothing to answer. */
export type AnswerOf<O extends Operation> =
  | Json<operations[O]['responses'], 200>
  | Json<operations[O]['responses'], 201>
  | (operations[O]['responses'] extends { 204: unknown } ? undefined : never)

/** One of those that a list answers with; otherwise the answer itself. */
export type RowOf<O extends Operation> = AnswerOf<O> extends { items: readonly (infer Row)[] } ? Row : AnswerOf<O>

export interface OperationShape {
  readonly method: string
  /** Below `/api/v1`, with `{parameters}`. */
  readonly path: string
  /** Names that the query takes. */
  readonly query: readonly string[]
  /** The most that a page holds, where the caller may say how much. */
  readonly pageSize: number | undefined
}

export function isOperation(name: string): name is Operation {
  return Object.hasOwn(API_OPERATIONS, name)
}

export function shapeOf(operation: Operation): OperationShape {
  const [method = '', address = ''] = API_OPERATIONS[operation].split(' ')
  const [path = '', query = ''] = address.split('?')
  const names = query === '' ? [] : query.split('&')
  const limit = names.find((name) => name.startsWith('limit='))
  return {
    ...{ method, path },
    query: names.map((name) => (name === limit ? 'limit' : name)),
    pageSize: limit === undefined ? undefined : Number(limit.slice('limit='.length)),
  }
}

/** By which a page of a list says where the next begins; undefined: it has one page. */
export function cursorOf({ query }: OperationShape): string | undefined {
  return ['after', 'before'].find((name) => query.includes(name))
}
