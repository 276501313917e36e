import type { Project } from '../access/project-store.ts'
import { findProjectOf } from '../access/project-store.ts'
import type { Database } from '../metadata/db.ts'
import { findManifestByDigest, type ManifestHead } from '../metadata/manifests.ts'
import { childrenOf, type NamedTag } from '../metadata/manifest-graph.ts'
import type { Digest } from '../oci/digest.ts'
import type { Tag } from '../oci/name.ts'
import { digestInTag } from '../oci/tag-about.ts'
import type { Spot } from '../registry/operation.ts'
import { repositoriesBelow, tagsAfter } from './store.ts'

const REPOSITORY_PAGE = 200
const TAG_PAGE = 500
/** An index of indexes of images. */
const MAX_LEVELS = 3

/** An image that a tag leads to: itself, or one that the index lists which it names. */
export interface TaggedImage {
  readonly spot: Spot
  readonly tag: Tag
  readonly head: ManifestHead
}

/** The repositories of a project. */
export async function* repositoriesOf(database: Database, project: Project): AsyncGenerator<Spot> {
  const { reader } = database
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = await repositoriesBelow(reader, project.name, { after, limit: REPOSITORY_PAGE })
    for (const { id, name } of page)
      if ((await findProjectOf(reader, name))?.id === project.id) yield { repository: name, repositoryId: id }
    after = page.length < REPOSITORY_PAGE ? undefined : page.at(-1)?.name
  }
}

/** Everything in a repository that its tags lead to, each once, without what is only about something else. */
export async function* taggedImages(database: Database, spot: Spot): AsyncGenerator<TaggedImage> {
  const seen = new Set<Digest>()
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: readonly NamedTag[] = await tagsAfter(database.reader, spot.repositoryId, { after, limit: TAG_PAGE })
    for (const named of page)
      if (digestInTag(named.tag) === undefined) yield* imagesBehind(database, { ...named, spot }, seen)
    after = page.length < TAG_PAGE ? undefined : page.at(-1)?.tag
  }
}

async function* imagesBehind(
  { reader }: Database,
  { tag, digest, spot }: NamedTag & { readonly spot: Spot },
  seen: Set<Digest>,
): AsyncGenerator<TaggedImage> {
  let level: readonly Digest[] = [digest]
  for (let depth = 0; depth < MAX_LEVELS; depth++) {
    const fresh = [...new Set(level)].filter((each) => !seen.has(each))
    for (const each of fresh) {
      seen.add(each)
      const head = await findManifestByDigest(reader, spot.repository, each)
      if (head !== undefined) yield { spot, tag, head }
    }
    if (fresh.length === 0) return
    level = (await childrenOf(reader, spot.repositoryId, fresh)).map(({ to }) => to)
  }
}
