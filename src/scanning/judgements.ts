import { createHash } from 'node:crypto'
import type { AccessCache } from '../access/access-cache.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Access } from '../access/access.ts'
import type { Project } from '../access/project-store.ts'
import { selectsRepository } from '../access/repository-selector.ts'
import type { Finding, Suppression } from '../inventory/finding.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { type Exception, listExceptions, listVex } from './exception-store.ts'
import { findStatement, parseVex, type VexStatement } from './vex.ts'

interface Judgements {
  readonly exceptions: readonly Exception[]
  readonly vex: readonly { readonly repositories: string; readonly statements: readonly VexStatement[] }[]
  readonly revision: string
}

/** What is asked of every finding of one image. */
export type Judge = (finding: Omit<Finding, 'suppressed'>) => Suppression | undefined

const NOBODY: Judge = () => undefined

/** What people of a project said of findings, remembered until they say something else: changes of it count as rights do. */
export class ProjectJudgements {
  readonly #cache: AccessCache
  readonly #access: Access

  constructor(cache: AccessCache, access: Access) {
    this.#cache = cache
    this.#access = access
  }

  /** Another one after every change. */
  async revision(projectId: number): Promise<string> {
    return (await this.#of(projectId)).revision
  }

  async judgeOf(name: RepositoryName, digest: Digest, now: Date): Promise<Judge> {
    const project = await this.#access.projectOf(name)
    if (project === undefined) return NOBODY
    const { exceptions, vex } = await this.#of(project.id)
    const accepted = exceptions.filter(
      ({ repositories, expiresAt }) => expiresAt > now && selectsRepository(repositories, project, name),
    )
    const statements = vex
      .filter(({ repositories }) => selectsRepository(repositories, project, name))
      .flatMap((document) => document.statements)
    if (accepted.length === 0 && statements.length === 0) return NOBODY
    return (finding) => accept(accepted, finding) ?? excuse(statements, finding, { digest, repository: name })
  }

  /** When the next of the exceptions of a project ends; undefined: none will. */
  async nextEnd(project: Pick<Project, 'id'>, now: Date): Promise<Date | undefined> {
    const { exceptions } = await this.#of(project.id)
    const ends = exceptions.map(({ expiresAt }) => expiresAt.getTime()).filter((at) => at > now.getTime())
    return ends.length === 0 ? undefined : new Date(Math.min(...ends))
  }

  #of(projectId: number): MaybePromise<Judgements> {
    return this.#cache.remember(`judgements:${projectId}`, async (executor) => {
      const exceptions = await listExceptions(executor, projectId)
      const documents = await listVex(executor, projectId)
      return {
        exceptions,
        vex: documents.map(({ repositories, content }) => ({ repositories, statements: parseVex(content) })),
        revision: createHash('sha256')
          .update(JSON.stringify([exceptions, documents.map(({ id }) => id)]))
          .digest('hex')
          .slice(0, 16),
      }
    })
  }
}

function accept(
  exceptions: readonly Exception[],
  { vulnerability, aliases, package: name }: Omit<Finding, 'suppressed'>,
): Suppression | undefined {
  const found = exceptions.find(
    (each) =>
      (each.vulnerability === vulnerability || aliases.includes(each.vulnerability)) &&
      (each.package === '' || each.package === name),
  )
  return found && { by: 'exception', reason: found.reason, author: found.createdBy, until: found.expiresAt }
}

function excuse(
  statements: readonly VexStatement[],
  { vulnerability, aliases, purl }: Omit<Finding, 'suppressed'>,
  image: { readonly digest: Digest; readonly repository: RepositoryName },
): Suppression | undefined {
  const found = findStatement(statements, { vulnerability, aliases, purl, ...image })
  if (found === undefined || (found.status !== 'not_affected' && found.status !== 'fixed')) return undefined
  return { by: 'vex', reason: found.reason, author: found.author }
}
