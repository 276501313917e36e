import { Access } from '../../src/access/access.ts'
import { AccessCache } from '../../src/access/access-cache.ts'
import {
  type AnonymousAccess,
  type Authorizer,
  createAuthorizer,
  type ProjectCreation,
} from '../../src/access/authorizer.ts'
import type { Grant } from '../../src/access/grant-store.ts'
import { type Project, prefixesOf } from '../../src/access/project-store.ts'
import { type Account, Accounts } from '../../src/auth/accounts.ts'
import type { Clock } from '../../src/lib/clock.ts'
import type { Database } from '../../src/metadata/db.ts'

/** Who there is and what was given to whom, without a database. */
export class AccessWorld {
  anonymous: AnonymousAccess = 'none'
  nowMs = Date.UTC(2030, 0, 1)
  /** Names that have repositories below them. */
  readonly occupied = new Set<string>()
  readonly clock: Clock = { now: () => new Date(this.nowMs), sleep: async () => undefined }
  readonly accounts: Accounts
  readonly access: Access
  readonly authorizer: Authorizer
  readonly #accounts = new Map<string, Account>()
  readonly #grants: Grant[] = []
  #projects: Project[] = []
  #ids = 0

  constructor(creation: ProjectCreation = 'own') {
    this.accounts = new WorldAccounts(this.#accounts)
    this.access = new WorldAccess(() => this.#projects, this.#grants)
    this.authorizer = createAuthorizer({
      accounts: this.accounts,
      access: this.access,
      anonymous: async () => this.anonymous,
      creation,
      isOccupied: async (name) => this.occupied.has(name),
      clock: this.clock,
    })
  }

  /** A user by that name, or what is said instead; the same name again replaces it. */
  add(name: string, change: Partial<Account> = {}): Account {
    const kind = change.kind ?? 'user'
    const id = `${kind}:${name}-id`
    const account: Account = {
      ...{ id, kind, name, systemRole: 'none', disabled: false, expiresAt: undefined, revokedBefore: 0 },
      ...{ subjects: [id], groups: [], maker: undefined },
      ...change,
    }
    this.#accounts.set(id, account)
    return account
  }

  remove({ id }: Account): void {
    this.#accounts.delete(id)
  }

  addProject(name: string, change: Partial<Project> = {}): Project {
    const project: Project = {
      ...{ id: ++this.#ids, name, public: false, createdBy: undefined, createdAt: this.clock.now() },
      ...change,
    }
    this.#projects.push(project)
    return project
  }

  removeProject({ id }: Project): void {
    this.#projects = this.#projects.filter((project) => project.id !== id)
  }

  grant(project: Project, subject: string, allows: string, pattern = ''): void {
    this.#grants.push({ id: ++this.#ids, projectId: project.id, pattern, subject, allows })
  }
}

/** What is asked goes to the lists of the world, so nothing is ever asked of this one. */
const NO_CACHE = new AccessCache({} as Database)

class WorldAccounts extends Accounts {
  readonly #accounts: ReadonlyMap<string, Account>

  constructor(accounts: ReadonlyMap<string, Account>) {
    super(NO_CACHE)
    this.#accounts = accounts
  }

  override async find(id: string): Promise<Account | undefined> {
    return this.#accounts.get(id)
  }
}

class WorldAccess extends Access {
  readonly #projects: () => readonly Project[]
  readonly #grants: readonly Grant[]

  constructor(projects: () => readonly Project[], grants: readonly Grant[]) {
    super(NO_CACHE)
    this.#projects = projects
    this.#grants = grants
  }

  override async projectOf(name: string): Promise<Project | undefined> {
    const names = prefixesOf(name)
    return this.#projects()
      .filter((project) => names.includes(project.name))
      .toSorted((a, b) => b.name.length - a.name.length)[0]
  }

  override async grantsIn(project: Project, { subjects }: Account): Promise<readonly Grant[]> {
    return this.#grants.filter((grant) => grant.projectId === project.id && subjects.includes(grant.subject))
  }

  override decision<D>(...[, , , decide]: Parameters<typeof Access.prototype.decision<D>>): Promise<D> {
    return decide()
  }

  override async isAnythingPublic(): Promise<boolean> {
    return this.#projects().some((project) => project.public)
  }
}
