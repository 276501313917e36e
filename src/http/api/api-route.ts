import type { z } from 'zod'
import type { RepositoryAction } from '../../access/actions.ts'
import type { Management } from '../../access/management.ts'
import type { Project } from '../../access/project-store.ts'
import type { Account } from '../../auth/accounts.ts'
import type { Principal } from '../../auth/principal.ts'
import type { Actor } from '../../lib/actor.ts'
import type { RepositoryName } from '../../oci/name.ts'
import type { Registry } from '../../registry/registry.ts'
import type { Call } from '../call.ts'
import type { Reply } from '../reply.ts'

/**
 * Who may use a route. `public`: anybody. `signed-in`: every user, about himself. `visible`:
 * every user, and on an open registry anybody. `inspect`: administrators and
 * auditors. `administer`: administrators. `see`: whoever may know of the project in the path. `manage`: its owners.
 * `own`: users with their password or session, about themselves: an API key makes no further keys. `repository:pull`
 * and its like: whoever may do that in the repository of the path, which need not be there.
 */
export type ApiAccess =
  | ('public' | 'signed-in' | 'visible' | 'own' | 'inspect' | 'administer' | 'see' | 'manage')
  | `repository:${RepositoryAction}`

/** One call of the administration API, judged and parsed. */
export interface ApiCall<Parameters, Query, Body> {
  readonly m: Management
  readonly principal: Principal
  /** What a browser that is signed in has to send with its changes. */
  readonly csrf: string | undefined
  /** Undefined on public routes only. */
  readonly account: Account | undefined
  readonly actor: Actor
  /** Whether the caller knows this password of his; mistakes count like those of signing in. */
  readonly confirm: (password: string) => Promise<boolean>
  /** Whether the caller would be let in as the same again, now: for answers that go on for minutes. */
  readonly isStillKnown: () => Promise<boolean>
  /** The one in the path, where there is one. */
  readonly project: Project | undefined
  /** The one in the path, where there is one. Whether anything is in it is for the handler to see. */
  readonly repository: RepositoryName | undefined
  readonly registry: Registry
  readonly parameters: Parameters
  readonly query: Query
  readonly body: Body
  /** The request itself: for rows that answer with bytes or a stream. */
  readonly http: Call
}

/** A row of the API's table. It cannot be written down without saying who may use it. */
export interface ApiRoute {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api/v1`, with `{parameters}`. */
  readonly path: string
  readonly access: ApiAccess
  readonly summary: string
  readonly parameters: z.ZodObject
  readonly query: z.ZodObject
  readonly body: z.ZodType | undefined
  readonly maxBodyBytes: number
  readonly response: z.ZodType | undefined
  readonly status: 200 | 201 | 204
  /** What a raw row answers with: its handler returns the `Reply` itself, and vouches for every header of it. */
  readonly mediaType: string | undefined
  readonly handle: (call: ApiCall<never, never, never>) => Promise<unknown>
}

interface CommonParts<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  readonly id: string
  readonly access: ApiAccess
  readonly summary: string
  readonly parameters?: P
  readonly query?: Q
  readonly body?: B
  /** 64 KiB when nothing is said. */
  readonly maxBodyBytes?: number
}

type Handle<P, Q, B, R> = (call: ApiCall<z.infer<P>, z.infer<Q>, z.infer<B>>) => Promise<R>

interface JsonParts<P, Q, B> {
  readonly raw?: false
  readonly response?: z.ZodType
  readonly status?: 200 | 201 | 204
  readonly handle: Handle<P, Q, B, unknown>
}

/** Not JSON: a stream of events, the bytes of a file. */
interface RawParts<P, Q, B> {
  readonly raw: true
  readonly mediaType: string
  readonly handle: Handle<P, Q, B, Reply>
}

export type RouteParts<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> = CommonParts<P, Q, B> &
  (JsonParts<P, Q, B> | RawParts<P, Q, B>)
