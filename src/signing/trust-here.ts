import { createHash } from 'node:crypto'
import type { Access } from '../access/access.ts'
import type { Database } from '../metadata/db.ts'
import { RowCache } from '../metadata/row-cache.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { TrustAnchor } from '../trust/signature.ts'
import { listAnchors } from './store.ts'

/** Raised where the same signatures would be judged otherwise: what is remembered is then verified again. */
const JUDGEMENT = 2
const REMEMBERED_REPOSITORIES = 20_000

export interface TrustHere {
  readonly anchors: readonly TrustAnchor[]
  /** Of these anchors, and of how they are applied. */
  readonly revision: string
}

/** Who is trusted in a repository: whom its longest project trusts. Remembered until any project or anchor changes. */
export class TrustByRepository {
  readonly #database: Database
  readonly #access: Access
  readonly #known: RowCache<TrustHere>

  constructor({ database, access }: { readonly database: Database; readonly access: Access }) {
    this.#database = database
    this.#access = access
    this.#known = new RowCache(() => database.accessVersion(), REMEMBERED_REPOSITORIES)
  }

  async of(name: RepositoryName): Promise<TrustHere> {
    return (await this.#known.find(name, () => this.#load(name))) ?? this.#load(name)
  }

  async #load(name: RepositoryName): Promise<TrustHere> {
    const project = await this.#access.projectOf(name)
    const anchors = project === undefined ? [] : await listAnchors(this.#database.reader, project.id)
    return { anchors, revision: revisionOf(anchors) }
  }
}

function revisionOf(anchors: readonly TrustAnchor[]): string {
  const said = anchors.map(({ name, kind, body }) => [name, kind, body])
  return createHash('sha256')
    .update(JSON.stringify([JUDGEMENT, said]))
    .digest('hex')
    .slice(0, 32)
}
