import { Accounts } from '../auth/accounts.ts'
import { hasUsers } from '../auth/user-store.ts'
import type { Config } from '../config/schema.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import { AccessCache } from './access-cache.ts'
import { Access } from './access.ts'
import { anonymousRule } from './anonymous.ts'
import { type AnonymousAccess, type Authorizer, createAuthorizer } from './authorizer.ts'
import type { Management, ProjectListener } from './management.ts'
import { hasRepositoriesIn } from './project-store.ts'

interface RightsParts {
  readonly config: Config
  readonly database: Database
  readonly recorder: Recorder
  readonly clock: Clock
  readonly onProjectsChanged: readonly ProjectListener[]
}

/** What decides, and what changes what is decided on. */
export interface Rights {
  readonly cache: AccessCache
  readonly accounts: Accounts
  readonly access: Access
  readonly anonymousAccess: () => Promise<AnonymousAccess>
  readonly authorizer: Authorizer
  readonly management: Management
}

/** Who may do what, and how that is changed: for the server, and for commands that work beside it. */
export function createRights({ config, database, recorder, clock, onProjectsChanged }: RightsParts): Rights {
  const cache = new AccessCache(database)
  const accounts = new Accounts(cache)
  const access = new Access(cache)
  const anonymousAccess = anonymousRule(config, cache)
  const authorizer = createAuthorizer({
    accounts,
    access,
    anonymous: anonymousAccess,
    creation: config.projects.create,
    isOccupied: (name) => hasRepositoriesIn(database.reader, name),
    clock,
  })
  const management: Management = {
    ...{ database, access, accounts, authorizer, recorder, clock, onProjectsChanged },
    // Asked of the rows: where a process died between adding a user and saying so, what is remembered is a moment old.
    publicByDefault: async () =>
      (await anonymousAccess()) !== 'none' &&
      (config.auth.anonymous !== undefined || !(await hasUsers(database.reader))),
    workloadPreset: (issuer) => config.auth.workload[issuer]?.preset,
  }
  return { cache, accounts, access, anonymousAccess, authorizer, management }
}
