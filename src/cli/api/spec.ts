import type { Command } from 'commander'
import type { AdminClient } from '../../client/admin/admin-client.ts'
import type { AnswerOf, BodyOf, Operation, QueryOf, RowOf } from '../../client/admin/operation.ts'
import type { Values } from '../../client/admin/call-operation.ts'

/** What somebody typed. */
export interface Said {
  /** Positional arguments, in order; one that may be said several times is a list of its own. */
  readonly words: readonly string[]
  readonly lists: readonly (readonly string[])[]
  readonly flags: Flags
}

export type Flags = Readonly<Record<string, unknown>>

/** A field by its name, or a title with what stands below it. */
export type Column<R> = (keyof R & string) | readonly [title: string, cell: (row: R) => unknown]

/** What a command does at an operation of the API, as a row of a table. */
export interface Spec<O extends Operation> {
  /** Path parameters, in the order of the command's arguments. */
  readonly path?: readonly string[] | ((said: Said) => Values | Promise<Values>)
  readonly query?: (said: Said) => Partial<QueryOf<O>> | Promise<Partial<QueryOf<O>>>
  readonly body?: (said: Said) => BodyOf<O> | Promise<BodyOf<O>>
  /** Columns of its list, or fields of its answer. All of them when nothing is said. */
  readonly show?: readonly Column<RowOf<O>>[]
  /** A sentence that takes the place of the answer. */
  readonly say?: (said: Said, answer: AnswerOf<O>) => string
  /** The field with a secret, which is printed alone. */
  readonly secret?: keyof AnswerOf<O> & string
  /** Whether the answer is a no: the command ends with 1. */
  readonly isNo?: (answer: AnswerOf<O>) => boolean
  /** Bytes, or a document, that are printed as they come. */
  readonly raw?: boolean
}

/** An operation that was found by what somebody said, with everything that its call needs. */
export interface ApiCommand {
  /** `project list`. */
  readonly name: string
  readonly operations: readonly Operation[]
  /** Says how it is written, where there is no such command for the data of this machine. */
  readonly define: ((command: Command) => Command) | undefined
  /** Options that only the API knows: with one of them, it is asked. */
  readonly extend: ((command: Command) => Command) | undefined
  /** About whoever signed in: it makes no sense for the operator of this machine. */
  readonly aboutSelf: boolean
  readonly run: (client: AdminClient, said: Said) => Promise<void>
}

export interface Making {
  readonly define?: (command: Command) => Command
  readonly extend?: (command: Command) => Command
  readonly aboutSelf?: boolean
}
