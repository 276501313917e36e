import type { Account, Accounts } from '../auth/accounts.ts'
import { isActive } from '../auth/accounts.ts'
import type { KeyLimits, Principal } from '../auth/principal.ts'
import type { Clock } from '../lib/clock.ts'
import { after, type MaybePromise } from '../lib/maybe-promise.ts'
import { matchesPattern } from '../lib/name-pattern.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Access } from './access.ts'
import { type Action, actionsOf, isRepositoryAction, type RepositoryAction } from './actions.ts'
import type { Project } from './project-store.ts'

export type Resource = { readonly repository: RepositoryName } | { readonly project: Project } | 'registry'

/** Allowed or not, and by which rule, so that every refusal can say why. */
export interface Decision {
  readonly allowed: boolean
  readonly rule: string
  /** Refused only because the token was issued for less than its owner may do: ask for a wider one. */
  readonly tokenTooNarrow?: boolean
  /** Allowed because the caller may create this project, which is not there yet. */
  readonly creates?: string
}

/** What a principal may do; deny by default. */
export interface Authorizer {
  allows(who: Principal, action: Action, on: Resource): MaybePromise<Decision>
  /** In which of these repositories; for very many of them. */
  allowedIn(who: Principal, action: RepositoryAction, names: readonly RepositoryName[]): Promise<Set<RepositoryName>>
}

/** Decided in a row: what is learned of so many is still known when the last of them is decided. */
const ROW_OF_NAMES = 10_000
/** Fewer are found out one by one. */
const FEW_NAMES = 20

/** What may be done without signing in, outside of projects. `push` includes deleting. */
export type AnonymousAccess = 'none' | 'pull' | 'push'

const ANONYMOUS_ACTIONS: Readonly<Record<AnonymousAccess, readonly Action[]>> = {
  none: [],
  pull: ['pull', 'catalog'],
  push: ['pull', 'push', 'overwrite', 'delete', 'catalog'],
}

/** Whose push creates a project. */
export type ProjectCreation = 'administrators' | 'own' | 'everyone'

interface AuthorizerParts {
  readonly accounts: Accounts
  readonly access: Access
  readonly anonymous: () => Promise<AnonymousAccess>
  readonly creation: ProjectCreation
  /** Whether there is anything below a name already: then nobody but an administrator makes it a project. */
  readonly isOccupied: (name: string) => Promise<boolean>
  readonly clock: Clock
}

/**
 * The one place that decides, for every way of signing in. Rights are those of the account at this moment; a key or
 * token can only make them fewer.
 */
export function createAuthorizer(parts: AuthorizerParts): Authorizer {
  const allows: Authorizer['allows'] = (who, action, on) =>
    after(decideFor(parts, who, action, on), (decision) => {
      if (!decision.allowed) return decision
      if (who.key !== undefined && !keyCovers(who.key, action, on))
        return { allowed: false, rule: `the API key was not made for ${action} here` }
      return who.tokenAccess === undefined ? decision : withinToken(parts, { who, action, on }, decision)
    })
  const allowedIn: Authorizer['allowedIn'] = async (who, action, names) => {
    const allowed = new Set<RepositoryName>()
    for (let from = 0; from < names.length; from += ROW_OF_NAMES) {
      const row = names.slice(from, from + ROW_OF_NAMES)
      if (row.length > FEW_NAMES) await parts.access.learnProjectsOf(row)
      for (const name of row) if ((await allows(who, action, { repository: name })).allowed) allowed.add(name)
    }
    return allowed
  }
  return { allows, allowedIn }
}

interface Question {
  readonly who: Principal
  readonly action: Action
  readonly on: Resource
}

const NO_ACCOUNT: Decision = { allowed: false, rule: 'the account is disabled, has expired or is gone' }

function decideFor(parts: AuthorizerParts, who: Principal, action: Action, on: Resource): MaybePromise<Decision> {
  if (who.kind === 'anonymous') return decide(parts, undefined, action, on)
  return after(parts.accounts.find(who.id), (account) => {
    if (account === undefined || !isActive(account, parts.clock.now())) return NO_ACCOUNT
    if (on === 'registry' || 'project' in on) return decide(parts, account, action, on)
    const { repository } = on
    const settled = parts.access.decision(account, action, repository, () =>
      settledDecision(parts, account, action, repository),
    )
    return after(settled, (known) => known ?? decide(parts, account, action, on))
  })
}

/** Within a project only grants and accounts decide; elsewhere other things do, which change by themselves. */
async function settledDecision(
  parts: AuthorizerParts,
  account: Account,
  action: Action,
  repository: RepositoryName,
): Promise<Decision | undefined> {
  if ((await parts.access.projectOf(repository)) === undefined) return undefined
  return decide(parts, account, action, { repository })
}

/** Undefined: somebody who did not sign in. */
async function decide(
  parts: AuthorizerParts,
  account: Account | undefined,
  action: Action,
  on: Resource,
): Promise<Decision> {
  if (account?.systemRole === 'administrator') return asAdministrator(parts, action, on)
  if (account?.systemRole === 'auditor' && AUDITOR_ACTIONS.includes(action))
    return { allowed: true, rule: 'auditors may see everything' }
  if (on === 'registry') return decideRegistry(parts, account, action)
  const project = 'project' in on ? on.project : await parts.access.projectOf(on.repository)
  if (project === undefined) return outsideProjects(parts, account, action, 'repository' in on ? on.repository : '')
  return inProject(parts, { account, project, name: 'repository' in on ? on.repository : undefined }, action)
}

const AUDITOR_ACTIONS: readonly Action[] = ['pull', 'catalog', 'inspect']

async function asAdministrator(parts: AuthorizerParts, action: Action, on: Resource): Promise<Decision> {
  const decision: Decision = { allowed: true, rule: 'administrators may do everything' }
  if (action !== 'push' || on === 'registry' || !('repository' in on)) return decision
  if ((await parts.access.projectOf(on.repository)) !== undefined) return decision
  if (ANONYMOUS_ACTIONS[await parts.anonymous()].includes(action)) return decision
  const creates = firstPart(on.repository)
  return (await parts.isOccupied(creates)) ? decision : { ...decision, creates }
}

/** Whoever may pull anything at all may ask for the list; what is on it is decided name by name. */
async function decideRegistry(parts: AuthorizerParts, account: Account | undefined, action: Action): Promise<Decision> {
  if (action !== 'catalog') return { allowed: false, rule: `only ${KEEPERS[action] ?? 'administrators'} may do this` }
  if (account !== undefined) return { allowed: true, rule: 'whoever is signed in may list what they may pull' }
  if (await parts.access.isAnythingPublic()) return { allowed: true, rule: 'there are public projects' }
  return byAnonymousRule(parts, action)
}

const KEEPERS: Readonly<Record<string, string>> = { inspect: 'administrators and auditors' }

async function byAnonymousRule(parts: AuthorizerParts, action: Action): Promise<Decision> {
  const anonymous = await parts.anonymous()
  return { allowed: ANONYMOUS_ACTIONS[anonymous].includes(action), rule: `auth.anonymous is "${anonymous}"` }
}

async function outsideProjects(
  parts: AuthorizerParts,
  account: Account | undefined,
  action: Action,
  name: string,
): Promise<Decision> {
  const open = await byAnonymousRule(parts, action)
  if (open.allowed || account === undefined) return open
  const creates = firstPart(name)
  if (!CREATORS_ACTIONS.includes(action) || !mayCreate(parts.creation, account, creates))
    return { allowed: false, rule: `${name} belongs to no project, and you may not create one for it` }
  if (await parts.isOccupied(creates))
    return { allowed: false, rule: `only an administrator may make a project of what is in ${creates} already` }
  return { allowed: true, rule: `you may create the project ${creates}`, ...(action === 'push' ? { creates } : {}) }
}

/** What a push does before the project is there: look for what may be there already, upload, tag. */
const CREATORS_ACTIONS: readonly Action[] = ['pull', 'push', 'overwrite']

function mayCreate(creation: ProjectCreation, account: Account, project: string): boolean {
  if (account.kind !== 'user') return false
  return creation === 'everyone' || (creation === 'own' && account.name === project)
}

function firstPart(name: string): string {
  return name.split('/')[0] ?? name
}

interface InProject {
  readonly account: Account | undefined
  readonly project: Project
  /** Undefined: the project as a whole. */
  readonly name: RepositoryName | undefined
}

async function inProject(parts: AuthorizerParts, where: InProject, action: Action): Promise<Decision> {
  const { account, project } = where
  if (action === 'pull' && project.public) return { allowed: true, rule: `the project ${project.name} is public` }
  if (account === undefined || !isRepositoryAction(action))
    return { allowed: false, rule: `only members may ${action} in the project ${project.name}` }
  const granted = await byGrants(parts, { ...where, account }, action)
  return granted.allowed && account.maker !== undefined ? withinMaker(parts, where, action, granted) : granted
}

async function byGrants(
  parts: AuthorizerParts,
  { account, project, name }: InProject & { account: Account },
  action: RepositoryAction,
): Promise<Decision> {
  for (const { pattern, subject, allows } of await parts.access.grantsIn(project, account)) {
    if (!actionsOf(allows).includes(action) || !covers(pattern, project, name)) continue
    const through = subject === account.id ? '' : ' through a group'
    const where = pattern === '' ? '' : ` for ${pattern}`
    return { allowed: true, rule: `${account.name} is "${allows}" in the project ${project.name}${where}${through}` }
  }
  return { allowed: false, rule: `nothing gives ${account.name} ${action} in the project ${project.name}` }
}

/** The pattern is of what comes after the project's name. */
function covers(pattern: string, project: Project, name: RepositoryName | undefined): boolean {
  if (pattern === '') return true
  return name !== undefined && matchesPattern(pattern, name.slice(project.name.length + 1))
}

/** A robot never holds more than its maker holds now. */
async function withinMaker(
  parts: AuthorizerParts,
  { account, project, name }: InProject,
  action: Action,
  granted: Decision,
): Promise<Decision> {
  const maker = await parts.accounts.findActive(account?.maker ?? '', parts.clock.now())
  const on: Resource = name === undefined ? { project } : { repository: name }
  if (maker?.kind === 'user' && (await decide(parts, maker, action, on)).allowed) return granted
  return {
    allowed: false,
    rule: `whoever made ${account?.name} may not do this any more; somebody else can take it over`,
  }
}

function keyCovers({ scopes }: KeyLimits, action: Action, on: Resource): boolean {
  if (scopes === undefined || action === 'catalog') return true
  if (on === 'registry' || 'project' in on) return false
  return scopes.some(({ pattern, actions }) => actions.includes(action) && matchesPattern(pattern, on.repository))
}

/** A token never allows more than it was issued for, nor anything in a project that took the place of the one it names. */
function withinToken(
  parts: AuthorizerParts,
  { who, action, on }: Question,
  decision: Decision,
): MaybePromise<Decision> {
  if (on === 'registry') return action === 'catalog' && hasCatalog(who) ? decision : notIssuedFor(action)
  if ('project' in on) return notIssuedFor(action)
  const { repository } = on
  return after(parts.access.projectOf(repository), (project) => {
    const isCovered = who.tokenAccess?.some(
      (entry) =>
        entry.type === 'repository' &&
        entry.name === repository &&
        entry.actions.some((allowed) => TOKEN_COVERS[allowed]?.includes(action)) &&
        isSameProject(entry.project, project, who),
    )
    return isCovered ? decision : notIssuedFor(action)
  })
}

function notIssuedFor(action: Action): Decision {
  return { allowed: false, rule: `the token was not issued for ${action}`, tokenTooNarrow: true }
}

const TOKEN_COVERS: Readonly<Record<string, readonly Action[]>> = {
  pull: ['pull'],
  push: ['push', 'overwrite'],
  delete: ['delete'],
  '*': ['pull', 'push', 'overwrite', 'delete'],
}

function hasCatalog({ tokenAccess = [] }: Principal): boolean {
  return tokenAccess.some(
    ({ type, name, actions }) => type === 'registry' && name === 'catalog' && actions.includes('*'),
  )
}

/** A first push creates its project between asking for the token and using it: that one is the pusher's own. */
function isSameProject(issuedFor: number | null, project: Project | undefined, who: Principal): boolean {
  if (issuedFor === (project?.id ?? null)) return true
  return issuedFor === null && project?.createdBy === who.id
}
