import type { By, Management } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { Breaths } from '../lib/breaths.ts'
import { Problem } from '../lib/problem.ts'
import { findManifestSize } from '../metadata/manifests.ts'
import { findRepository, type RepositoryId } from '../metadata/repositories.ts'
import { findTag } from '../metadata/tags.ts'
import type { RepositoryName } from '../oci/name.ts'
import { type NamedImage, parseImageName } from './image-name.ts'
import type { Held } from './store.ts'

export interface Found {
  readonly held: Held
  /** As it was asked for; several names may mean one manifest. */
  readonly texts: string[]
}

export interface FoundImages {
  readonly found: ReadonlyMap<string, Found>
  readonly missing: readonly string[]
}

export function keyOf({ repositoryId, digest }: Held): string {
  return `${repositoryId} ${digest}`
}

/**
 * What these names mean at this moment. What is not in the project, and what the caller may not know of, is missing.
 * @throws Problem when he may see an image, but not protect it
 */
export async function findImages(
  m: Management,
  by: By,
  project: Project,
  texts: readonly string[],
): Promise<FoundImages> {
  const repositories = new Map<RepositoryName, RepositoryId | undefined>()
  const found = new Map<string, Found>()
  const missing: string[] = []
  const breaths = new Breaths()
  for (const text of new Set(texts)) {
    if (breaths.isDue()) await breaths.take()
    const image = parseImageName(text)
    if (image !== undefined && !repositories.has(image.repository))
      repositories.set(image.repository, await admittedId(m, by, project, image.repository))
    const held = image && (await findHeld(m, image, repositories.get(image.repository)))
    if (held === undefined) missing.push(text)
    else remember(found, held, text)
  }
  return { found, missing }
}

function remember(found: Map<string, Found>, held: Held, text: string): void {
  const known = found.get(keyOf(held))
  if (known === undefined) found.set(keyOf(held), { held, texts: [text] })
  else known.texts.push(text)
}

async function findHeld(
  { database: { reader } }: Management,
  { reference }: NamedImage,
  repositoryId: RepositoryId | undefined,
): Promise<Held | undefined> {
  if (repositoryId === undefined) return undefined
  const digest = 'tag' in reference ? await findTag(reader, repositoryId, reference.tag) : reference.digest
  if (digest === undefined || (await findManifestSize(reader, repositoryId, digest)) === undefined) return undefined
  return { repositoryId, digest }
}

async function admittedId(
  m: Management,
  by: By,
  project: Project,
  name: RepositoryName,
): Promise<RepositoryId | undefined> {
  if ((await m.access.projectOf(name))?.id !== project.id) return undefined
  return (await mayProtect(m, by, name)) ? findRepository(m.database.reader, name) : undefined
}

/** @throws Problem for who may pull, but not protect; to others the repository is not there */
async function mayProtect({ authorizer }: Management, { principal }: By, repository: RepositoryName): Promise<boolean> {
  if (principal === undefined) return true
  const { allowed, rule } = await authorizer.allows(principal, 'protect', { repository })
  if (allowed) return true
  if ((await authorizer.allows(principal, 'pull', { repository })).allowed)
    throw new Problem('forbidden', `you may not protect images of ${repository}: ${rule}`)
  return false
}
