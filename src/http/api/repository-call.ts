import { z } from 'zod'
import type { RepositoryAction } from '../../access/actions.ts'
import type { OciError } from '../../oci/errors.ts'
import type { RepositoryName } from '../../oci/name.ts'
import type { Place } from '../../registry/place.ts'
import { denied } from '../admission.ts'
import type { ApiCall } from './api-route.ts'

export const repositoryName = z
  .string()
  .max(255)
  .describe('Name of a repository; a slash in it is written %2F in a path.')
export const oneRepository = z.strictObject({ repository: repositoryName })
export const tagName = z.string().max(128).describe('Name of a tag.')
export const oneTag = oneRepository.extend({ tag: tagName })
export const digestText = z.string().max(140).describe('sha256:… or sha512:…')

type AnyCall = Pick<ApiCall<unknown, unknown, unknown>, 'm' | 'principal' | 'actor' | 'repository'>

/** The repository in the path: routes that have one are let in only with it. */
export function repositoryOf({ repository }: Pick<AnyCall, 'repository'>): RepositoryName {
  if (repository === undefined) throw new Error('a route with a repository was let in without one')
  return repository
}

export function placeOf(call: Pick<AnyCall, 'repository' | 'actor'>): Place {
  return { repository: repositoryOf(call), actor: call.actor }
}

/** Whether the caller may see everything: administrators and auditors. */
export async function mayInspect({ m, principal }: Pick<AnyCall, 'm' | 'principal'>): Promise<boolean> {
  return (await m.authorizer.allows(principal, 'inspect', 'registry')).allowed
}

/** What to throw where the caller would have to do this in the repository of the path; undefined: he may. */
export async function refusalOf(call: AnyCall, action: RepositoryAction): Promise<OciError | undefined> {
  const { m, principal } = call
  const name = repositoryOf(call)
  const decision = await m.authorizer.allows(principal, action, { repository: name })
  return decision.allowed ? undefined : denied(m, principal, { decision, action, name })
}
