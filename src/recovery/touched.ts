import { z } from 'zod'
import type { Operation, PAST_TENSE } from '../registry/operation.ts'
import type { Change } from './store.ts'

/** What changes touched; how it is now is looked up. */
export interface Touched {
  readonly projects: ReadonlySet<string>
  /** Repositories that were deleted as a whole. */
  readonly reset: ReadonlySet<string>
  /** Repositories of which too much changed to be named in a row of the audit. */
  readonly whole: ReadonlySet<string>
  readonly manifests: ReadonlyMap<string, ReadonlySet<string>>
  readonly tags: ReadonlyMap<string, ReadonlySet<string>>
  /** Manifests that lost all their tags, more perhaps than a row can name. */
  readonly untagged: ReadonlyMap<string, ReadonlySet<string>>
  /** Blobs that came, perhaps after a manifest that names them. */
  readonly blobs: ReadonlyMap<string, ReadonlySet<string>>
  /** The newest row by which content went, or may be forgotten from now on; undefined: none did. */
  readonly removal: number | undefined
}

const tagName = z.union([z.string(), z.object({ tag: z.string() }).transform(({ tag }) => tag)])
const details = z.object({
  digest: z.string().optional(),
  digests: z.array(z.string()).default([]),
  /** How many manifests; `digests` may be fewer. */
  manifests: z.int().default(0),
  tag: z.string().optional(),
  tags: z.array(tagName).default([]),
  cut: z.literal(true).optional(),
})

type Meaning = 'named' | 'blob' | 'reset' | 'whole' | 'nothing'

/** What a row of the audit means for the log. `named`: it names the manifests and tags that changed. */
const MEANING: Readonly<Record<(typeof PAST_TENSE)[Operation['type']] | 'repository.adopted', Meaning>> = {
  'blob.pushed': 'blob',
  'blob.deleted': 'nothing',
  'blob.collected': 'nothing',
  'manifest.collected': 'nothing',
  'manifest.pushed': 'named',
  'manifest.deleted': 'named',
  'manifest.restored': 'named',
  'tag.moved': 'named',
  'tag.deleted': 'named',
  'repository.deleted': 'reset',
  'repository.restored': 'whole',
  'repository.adopted': 'whole',
}

/** Rows after which something need not be in the log any more. The last two are those of the collector and of a purge. */
const REMOVALS: ReadonlySet<string> = new Set([
  'manifest.deleted',
  'repository.deleted',
  'blob.deleted',
  'garbage.collected',
  'deletion.purged',
])

export function touchedBy(changes: readonly Change[]): Touched {
  const touched = {
    projects: new Set<string>(),
    reset: new Set<string>(),
    whole: new Set<string>(),
    manifests: new Map<string, Set<string>>(),
    tags: new Map<string, Set<string>>(),
    untagged: new Map<string, Set<string>>(),
    blobs: new Map<string, Set<string>>(),
    removal: changes.findLast(({ action }) => REMOVALS.has(action))?.id,
  }
  for (const { action, target, detail } of changes) {
    const [kind, name] = splitTarget(target)
    if (kind === 'project') touched.projects.add(name)
    const meaning = kind === 'repository' ? MEANING[action as keyof typeof MEANING] : 'nothing'
    if (meaning === 'reset') touched.reset.add(name)
    if (meaning === 'whole') touched.whole.add(name)
    if (meaning === 'named') addNamed(touched, name, { action, detail })
    if (meaning === 'blob') addBlob(touched.blobs, name, detail)
  }
  return touched
}

function splitTarget(target: string): [kind: string, name: string] {
  const colon = target.indexOf(':')
  return [target.slice(0, colon), target.slice(colon + 1)]
}

type Collected = Pick<Touched, 'projects'> & {
  readonly whole: Set<string>
  readonly manifests: Map<string, Set<string>>
  readonly tags: Map<string, Set<string>>
  readonly untagged: Map<string, Set<string>>
}

/** A row that does not name all that changed means that the whole repository is said again. */
function addNamed(touched: Collected, name: string, { action, detail }: Pick<Change, 'action' | 'detail'>): void {
  const parsed = details.safeParse(JSON.parse(detail))
  if (!parsed.success || !isComplete(parsed.data)) {
    touched.whole.add(name)
    return
  }
  const { digest, digests, tag, tags } = parsed.data
  for (const each of [digest, ...digests]) {
    if (each === undefined) continue
    addTo(touched.manifests, name, each)
    if (action === 'manifest.deleted') addTo(touched.untagged, name, each)
  }
  for (const each of [tag, ...tags]) if (each !== undefined) addTo(touched.tags, name, each)
}

function addBlob(blobs: Map<string, Set<string>>, name: string, detail: string): void {
  const digest = details.safeParse(JSON.parse(detail)).data?.digest
  if (digest !== undefined) addTo(blobs, name, digest)
}

function isComplete({ digest, digests, manifests, tag, cut }: z.infer<typeof details>): boolean {
  if (cut !== undefined || manifests > digests.length) return false
  return digest !== undefined || digests.length > 0 || tag !== undefined
}

function addTo(map: Map<string, Set<string>>, name: string, value: string): void {
  const known = map.get(name)
  if (known === undefined) map.set(name, new Set([value]))
  else known.add(value)
}
