import type { z } from 'zod'
import type { RepositoryAction } from '../../access/actions.ts'
import type { Management } from '../../access/management.ts'
import type { Project } from '../../access/project-store.ts'
import type { Account } from '../../auth/accounts.ts'
import type { Principal } from '../../auth/principal.ts'
import type { Actor } from '../../lib/actor.ts'
import type { RepositoryName } from '../../oci/name.ts'
import type { Registry } from '../../registry/registry.ts'

/**
 * Who may use a route. `public`: anybody. `signed-in`: every user, about himself. `inspect`: administrators and
 * auditors. `administer`: administrators. `see`: whoever may know of the project in the path. `manage`: its owners.
 * `own`: users with their password or session, about themselves: an API key makes no further keys. `repository:pull`
 * and its like: whoever may do that in the repository of the path, which need not be there.
 */
export type ApiAccess =
  ('public' | 'signed-in' | 'own' | 'inspect' | 'administer' | 'see' | 'manage') | `repository:${RepositoryAction}`

/** One call of the administration API, judged and parsed. */
export interface ApiCall<Parameters, Query, Body> {
  readonly m: Management
  readonly principal: Principal
  /** Undefined on public routes only. */
  readonly account: Account | undefined
  readonly actor: Actor
  /** Whether the caller knows this password of his; mistakes count like those of signing in. */
  readonly confirm: (password: string) => Promise<boolean>
  /** The one in the path, where there is one. */
  readonly project: Project | undefined
  /** The one in the path, where there is one. Whether anything is in it is for the handler to see. */
  readonly repository: RepositoryName | undefined
  readonly registry: Registry
  readonly parameters: Parameters
  readonly query: Query
  readonly body: Body
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
  readonly handle: (call: ApiCall<never, never, never>) => Promise<unknown>
}

export interface RouteParts<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  readonly id: string
  readonly access: ApiAccess
  readonly summary: string
  readonly parameters?: P
  readonly query?: Q
  readonly body?: B
  /** 64 KiB when nothing is said. */
  readonly maxBodyBytes?: number
  readonly response?: z.ZodType
  readonly status?: 200 | 201 | 204
  readonly handle: (call: ApiCall<z.infer<P>, z.infer<Q>, z.infer<B>>) => Promise<unknown>
}
