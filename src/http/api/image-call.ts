import { z } from 'zod'
import { findManifestByDigest, findManifestByTag, type ManifestHead } from '../../metadata/manifests.ts'
import { Problem } from '../../lib/problem.ts'
import { isRepositoryName } from '../../oci/name.ts'
import { findableReference } from '../../oci/reference.ts'
import type { Spot } from '../../registry/operation.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ApiCall } from './api-route.ts'
import { oneRepository, repositoryName, repositoryOf } from './repository-call.ts'

/** The parameters of `/repositories/{repository}/images/{reference}`. */
export const oneImage = oneRepository.extend({
  reference: z.string().max(200).describe('A tag, or a digest.'),
})

type Call = Pick<ApiCall<{ readonly reference: string }, unknown, unknown>, 'registry' | 'repository' | 'parameters'>

export interface ImageAt {
  readonly spot: Spot
  readonly head: ManifestHead
}

/** The image in the path. @throws Problem, OciError for a bad digest */
export function imageAt(call: Call): Promise<ImageAt> {
  return imageIn(call, call.parameters.reference)
}

/** Another image of the repository in the path. @throws Problem, OciError for a bad digest */
export async function imageIn(
  call: { readonly registry: Registry } & Pick<Call, 'repository'>,
  text: string,
): Promise<ImageAt> {
  const repository = repositoryOf(call)
  const { reader } = call.registry.database
  const reference = findableReference(text)
  const head =
    reference &&
    ('tag' in reference
      ? await findManifestByTag(reader, repository, reference.tag)
      : await findManifestByDigest(reader, repository, reference.digest))
  if (head === undefined) throw noImage(text, repository)
  return { spot: { repository, repositoryId: head.repositoryId }, head }
}

/** Where the second of two images is looked for. */
export const secondRepository = repositoryName
  .optional()
  .describe('Repository of the second image, which the caller has to be allowed to pull too; the same when not said.')

type SecondCall = Pick<ApiCall<unknown, unknown, unknown>, 'registry' | 'repository' | 'm' | 'principal'>

/** Another image, of a repository that the caller named. @throws Problem, the same when he may not pull it */
export async function secondImage(call: SecondCall, text: string, other: string | undefined): Promise<ImageAt> {
  if (other === undefined) return imageIn(call, text)
  const repository = isRepositoryName(other) ? other : undefined
  const decision = repository && (await call.m.authorizer.allows(call.principal, 'pull', { repository }))
  if (repository === undefined || decision?.allowed !== true) throw noImage(text, other)
  return imageIn({ registry: call.registry, repository }, text)
}

function noImage(text: string, repository: string): Problem {
  return new Problem('not-found', `there is no image "${text.slice(0, 150)}" in ${repository}`)
}
