import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { createProject, removeProject } from '../../src/access/manage-projects.ts'
import type { By } from '../../src/access/management.ts'
import { findProject } from '../../src/access/project-store.ts'
import { createUser } from '../../src/auth/manage-users.ts'
import { type App, createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config/load.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { check } from '../../src/fsck/fsck.ts'
import { collect } from '../../src/gc/collect.ts'
import { Problem } from '../../src/lib/problem.ts'
import { createLog } from '../../src/observability/log.ts'
import { parseDigest } from '../../src/oci/digest.ts'
import { OciError } from '../../src/oci/errors.ts'
import { isRepositoryName, type RepositoryName } from '../../src/oci/name.ts'
import { removeQuota, setQuota } from '../../src/quota/manage-quotas.ts'
import type { Limits } from '../../src/quota/store.ts'
import { deleteBlob, deleteManifest, deleteRepository } from '../../src/registry/delete-content.ts'
import { restoreDeletion } from '../../src/registry/restore-deletion.ts'
import { type Content, content } from '../conformance/support/content.ts'
import { TestClock } from '../e2e/support/in-process.ts'
import { basic } from '../e2e/support/server.ts'
import { ownDatabase } from '../support/postgres.ts'

const BY: By = { actor: OPERATOR, principal: undefined }
const PASSWORD = 'pass word of admin'
const ADMINISTRATOR = basic('admin', PASSWORD)
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const LEASE_MS = 60_000
/** Some in rows, one in a file. */
export const BLOBS: readonly Content[] = [10, 100, 1000, 2000, 20_000].map((size) => content('x'.repeat(size)))
export const REPOSITORIES = ['team/a', 'team/b', 'team/sub', 'team/sub/c', 'team/subway', 'other/x', 'loose']
export const TAGS = ['one', 'two', 'three']

export interface Told {
  readonly status: number
  readonly text: string
  /** What a refusal because of a quota says for programs. */
  readonly excess?: z.infer<typeof excess> | undefined
}

const excess = z.object({
  reason: z.literal('quota'),
  project: z.string(),
  resource: z.enum(['bytes', 'repositories', 'tags']),
  limit: z.number(),
  used: z.number(),
  reserved: z.number(),
  wanted: z.number(),
})
const refusal = z.object({ errors: z.array(z.object({ detail: z.unknown() })) })

function excessIn(text: string): Told['excess'] {
  return excess.safeParse(refusal.parse(JSON.parse(text)).errors[0]?.detail).data
}

export interface Counted {
  readonly bytes: number
  readonly repositories: number
  readonly tags: number
}

/** Of one project with a quota: what its counters say, and what is really there. */
export interface Compared {
  readonly project: string
  readonly limits: Limits
  readonly counted: Counted & { readonly blobs: Readonly<Record<string, number>> }
  readonly there: Counted & { readonly blobs: Readonly<Record<string, number>> }
}

export function nameOf(text: string): RepositoryName {
  if (!isRepositoryName(text)) throw new Error(`${text} is no repository name`)
  return text
}

/** A registry in this process without a socket, asked by an administrator. */
export class QuotaWorld {
  readonly app: App
  readonly clock: TestClock
  readonly errors: string[]
  readonly warnings: string[]
  readonly deletions: number[] = []
  readonly #dataDir: string

  private constructor(parts: Pick<QuotaWorld, 'app' | 'clock' | 'errors' | 'warnings'>, dataDir: string) {
    this.app = parts.app
    this.clock = parts.clock
    this.errors = parts.errors
    this.warnings = parts.warnings
    this.#dataDir = dataDir
  }

  static async open(): Promise<QuotaWorld> {
    const dataDir = await mkdtemp(join(tmpdir(), 'berth-quota-'))
    const clock = new TestClock()
    const errors: string[] = []
    const warnings: string[] = []
    const write = (line: string) => void (line.includes('"level":"error"') ? errors : warnings).push(line)
    const log = createLog({ level: 'warn', now: () => clock.now(), write })
    const config = parseConfig({
      data: dataDir,
      ...(await ownDatabase(dataDir)),
      gc: { lease: `${LEASE_MS / 1000}s`, untagged: '0s', trashDelay: '0s' },
      disk: { warnAt: 100, refuseAt: 100 },
    })
    const app = await createApp({
      ...{ config, clock, log, instance: 'test' },
      onBroken: (error) => void errors.push(String(error)),
    })
    const world = new QuotaWorld({ app, clock, errors, warnings }, dataDir)
    await createUser(app.management, BY, { name: 'admin', password: PASSWORD, systemRole: 'administrator' })
    await world.createProject('team')
    await world.createProject('other')
    return world
  }

  async close(): Promise<void> {
    await this.app.close()
    await rm(this.#dataDir, { recursive: true, force: true })
  }

  async send(
    method: string,
    path: string,
    body?: Uint8Array | ReadableStream<Uint8Array>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Told & { readonly location: string }> {
    const length: Record<string, string> = body instanceof Uint8Array ? { 'content-length': `${body.byteLength}` } : {}
    const request = new Request(new URL(path, 'http://localhost').href, {
      method,
      headers: { ...ADMINISTRATOR, host: 'localhost', ...length, ...headers },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? new Uint8Array(body) : body }),
    })
    const connection = { scheme: 'http', peer: () => '127.0.0.1', takeTheTime: () => undefined }
    const response = await this.app.fetch(request, connection)
    const location = response.headers.get('location') ?? ''
    const { status } = response
    const text = await response.text()
    return { status, text, location, excess: status === 403 ? excessIn(text) : undefined }
  }

  push(repository: string, blob: Content): Promise<Told> {
    return this.send('POST', `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`, blob.bytes)
  }

  mount(repository: string, from: string, blob: Content): Promise<Told> {
    return this.send('POST', `/v2/${repository}/blobs/uploads/?mount=${blob.digest}&from=${from}`)
  }

  putImage(repository: string, reference: string, blobs: readonly Content[]): Promise<Told> {
    return this.send('PUT', `/v2/${repository}/manifests/${reference}`, imageOf(blobs).bytes, {
      'content-type': MANIFEST,
    })
  }

  deleteReference(repository: string, reference: string): Promise<Told> {
    return attempt(() =>
      deleteManifest(this.app.registry, { repository: nameOf(repository), actor: OPERATOR }, reference),
    )
  }

  deleteBlob(repository: string, blob: Content): Promise<Told> {
    const place = { repository: nameOf(repository), actor: OPERATOR }
    return attempt(() => deleteBlob(this.app.registry, place, parseDigest(blob.digest)))
  }

  deleteRepository(repository: string): Promise<Told> {
    const place = { repository: nameOf(repository), actor: OPERATOR }
    return attempt(() => deleteRepository(this.app.registry, place, ''))
  }

  async restore(deletion: number, to?: string): Promise<Told> {
    const where = to === undefined ? {} : { to: nameOf(to) }
    return attempt(() => restoreDeletion(this.app.registry, { deletion, actor: OPERATOR, ...where }))
  }

  async deletionIds(): Promise<number[]> {
    const rows = await this.app.database.reader.db.selectFrom('deletions').select('id').orderBy('id').execute()
    return rows.map(({ id }) => id)
  }

  createProject(name: string): Promise<Told> {
    return attempt(() => createProject(this.app.management, BY, { name, public: true }))
  }

  async removeProject(name: string): Promise<Told> {
    const project = await findProject(this.app.database.reader, name)
    return project === undefined
      ? { status: 404, text: '' }
      : attempt(() => removeProject(this.app.management, BY, project))
  }

  async setQuota(name: string, limits: Partial<Limits>): Promise<Told> {
    const project = await findProject(this.app.database.reader, name)
    const all: Limits = { bytes: undefined, repositories: undefined, tags: undefined, ...limits }
    return project === undefined
      ? { status: 404, text: '' }
      : attempt(() => setQuota(this.app.management, BY, project, all))
  }

  async removeQuota(name: string): Promise<Told> {
    const project = await findProject(this.app.database.reader, name)
    return project === undefined
      ? { status: 404, text: '' }
      : attempt(() => removeQuota(this.app.management, BY, project))
  }

  async collect(): Promise<void> {
    this.clock.advance(2 * LEASE_MS)
    await collect(this.app.registry, { rest: async () => undefined })
  }

  /** Until nothing is left of what is in the recycle bin now. */
  async purge(): Promise<void> {
    this.clock.advance(15 * 86_400_000)
    await this.collect()
  }

  async fsck(): Promise<readonly string[]> {
    const { database, registry } = this.app
    const report = await check({ database, blobs: registry.blobs, allowSparse: false }, { quick: true })
    return report.findings.filter(({ severity }) => severity === 'error').map(({ problem }) => problem)
  }

  /** Counts every project with a quota one row after the other, as slowly and plainly as can be. */
  async compare(): Promise<Compared[]> {
    const { db } = this.app.database.reader
    const projects = await db.selectFrom('projects').selectAll().execute()
    const repositories = await db.selectFrom('repositories').selectAll().execute()
    const links = await db.selectFrom('repository_blobs').selectAll().execute()
    const manifests = await db.selectFrom('manifests').select(['repository_id', 'size']).execute()
    const tags = await db.selectFrom('tags').selectAll().execute()
    const sizes = new Map(
      (await db.selectFrom('blobs').selectAll().execute()).map(({ digest, size }) => [digest, size]),
    )
    const ownerOf = (name: string) =>
      projects
        .filter((project) => name === project.name || name.startsWith(`${project.name}/`))
        .sort((a, b) => b.name.length - a.name.length)[0]?.id
    const compared: Compared[] = []
    for (const quota of await db.selectFrom('quotas').selectAll().execute()) {
      const stored = repositories.filter(({ name }) => ownerOf(name.split('@')[0] ?? name) === quota.project_id)
      const holding = new Set(stored.map(({ id }) => id))
      const mine = new Set(stored.filter(({ deleted_at }) => deleted_at === null).map(({ id }) => id))
      const holders: Record<string, number> = {}
      for (const { repository_id, digest } of links)
        if (holding.has(repository_id)) holders[digest] = (holders[digest] ?? 0) + 1
      const rows = await db
        .selectFrom('quota_blobs')
        .select(['digest', 'repositories'])
        .where('project_id', '=', quota.project_id)
        .execute()
      compared.push({
        project: projects.find(({ id }) => id === quota.project_id)?.name ?? '',
        limits: {
          bytes: quota.max_bytes ?? undefined,
          repositories: quota.max_repositories ?? undefined,
          tags: quota.max_tags ?? undefined,
        },
        counted: {
          ...{ bytes: quota.bytes, repositories: quota.repositories, tags: quota.tags },
          blobs: Object.fromEntries(rows.map((row) => [row.digest, row.repositories])),
        },
        there: {
          bytes: [
            ...Object.keys(holders).map((digest) => sizes.get(parseDigest(digest)) ?? Number.NaN),
            ...manifests.filter(({ repository_id }) => holding.has(repository_id)).map(({ size }) => size),
          ].reduce((sum, size) => sum + size, 0),
          repositories: mine.size,
          tags: tags.filter(({ repository_id }) => mine.has(repository_id)).length,
          blobs: holders,
        },
      })
    }
    return compared
  }
}

export function imageOf(blobs: readonly Content[]): Content {
  const described = blobs.map(({ bytes, digest }) => ({
    ...{ mediaType: 'application/octet-stream', digest, size: bytes.length },
  }))
  const [config, ...layers] = described
  return content(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers }))
}

/** What a client would be told. Anything but a refusal is a bug. */
async function attempt(work: () => Promise<unknown>): Promise<Told> {
  try {
    await work()
    return { status: 200, text: '' }
  } catch (error) {
    if (error instanceof OciError)
      return { status: error.status, text: error.message, excess: excess.safeParse(error.details[0]).data }
    if (error instanceof Problem) return { status: 409, text: error.message }
    throw error
  }
}
