import { z } from 'zod'
import { listProjects, prefixesOf } from '../access/project-store.ts'
import type { Executor } from '../metadata/db.ts'
import { listRepositoryBytes, type RepositoryBytes } from '../metadata/registry-counts.ts'
import { Counted, othersToo } from '../registry/counted.ts'

const PAGE = 1000
/** Of the projects and of the repositories that hold most alone. */
const MAX_LISTED = 50

const repository = z.object({ repository: z.string(), bytes: z.number(), uniqueBytes: z.number() })
const project = z.object({
  /** Empty: the repositories that belong to none. */
  project: z.string(),
  repositories: z.number(),
  bytes: z.number(),
  uniqueBytes: z.number(),
})
const schema = z.object({
  repositories: z.number(),
  /** As if none was shared. */
  logicalBytes: z.number(),
  /** Of deleted repositories: what only they hold. */
  deletedBytes: z.number(),
  projects: z.array(project),
  largest: z.array(repository),
})
export type RegistryUsage = z.infer<typeof schema>
type ProjectUsage = z.infer<typeof project>

/** What repositories hold, with and without sharing, by the numbers that their rows keep. */
export function countedUsage(): Counted<RegistryUsage> {
  return new Counted({ name: 'usage', schema, count: countUsage })
}

async function countUsage(executor: Executor): Promise<RegistryUsage> {
  const names = await projectNames(executor)
  const projects = new Map<string, ProjectUsage>()
  const usage = { repositories: 0, logicalBytes: 0, deletedBytes: 0 }
  let largest: z.infer<typeof repository>[] = []
  for (let after = 0; ;) {
    const page = await listRepositoryBytes(executor, after, PAGE)
    for (const each of page) {
      if (each.isDeleted) {
        usage.deletedBytes += each.uniqueBytes
        continue
      }
      usage.repositories++
      usage.logicalBytes += each.bytes
      addTo(projects, prefixesOf(each.name).findLast((prefix) => names.has(prefix)) ?? '', each)
    }
    const visible = page.filter(({ isDeleted }) => !isDeleted)
    largest = most([
      ...largest,
      ...visible.map(({ name, bytes, uniqueBytes }) => ({ repository: name, bytes, uniqueBytes })),
    ])
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return { ...usage, projects: most([...projects.values()]), largest }
    after = last.id
    await othersToo()
  }
}

function addTo(projects: Map<string, ProjectUsage>, name: string, { bytes, uniqueBytes }: RepositoryBytes): void {
  const known = projects.get(name) ?? { project: name, repositories: 0, bytes: 0, uniqueBytes: 0 }
  projects.set(name, {
    project: name,
    repositories: known.repositories + 1,
    bytes: known.bytes + bytes,
    uniqueBytes: known.uniqueBytes + uniqueBytes,
  })
}

function most<T extends { readonly bytes: number; readonly uniqueBytes: number }>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => b.uniqueBytes - a.uniqueBytes || b.bytes - a.bytes).slice(0, MAX_LISTED)
}

async function projectNames(executor: Executor): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (let after = ''; ;) {
    const page = await listProjects(executor, after, PAGE)
    for (const { name } of page) names.add(name)
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return names
    after = last.name
    await othersToo()
  }
}
