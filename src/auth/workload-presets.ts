import type { WorkloadIssuerConfig } from '../config/sign-in.ts'

export type WorkloadPreset = WorkloadIssuerConfig['preset']

export interface KnownClaim {
  readonly name: string
  readonly meaning: string
}

/** What is known of an issuer's tokens. */
export interface Preset {
  /** The issuer's usual address. */
  readonly issuer?: string
  /** What a rule must have, a sentence for people. */
  readonly requirement: string
  /** Names for rules, the friendly ones too. */
  readonly known: readonly KnownClaim[]
  /** Whether the claim says whose token it is, rather than something about it. */
  readonly identifies: (claim: string) => boolean
  /** What patterns must look like, so that a star does not reach from what is ours into what is somebody else's. */
  readonly boundaries: Readonly<Record<string, Boundary>>
  /** Replaces friendly names with the issuer's. @throws Error with a sentence for people */
  readonly expand: (claims: Claims) => Claims
}

interface Boundary {
  readonly shape: RegExp
  readonly problem: string
}

type Claims = ReadonlyMap<string, string>

/** What every token has, or what is different in each. */
const SAYS_NOTHING = ['aud', 'iss', 'exp', 'iat', 'nbf', 'jti']

const whole = (name: string): Boundary => ({
  shape: /^[^*]+$/,
  problem: `"${name}" must be written without "*": otherwise it fits what anybody else may call theirs`,
})
const ownerAndName = (name: string): Boundary => ({
  shape: /^[^/*]+\/.+$/,
  problem: `"${name}" must be OWNER/NAME, with no "*" in the owner: anybody may make an owner with a similar name`,
})
const beginning = (shape: RegExp, name: string, example: string): Boundary => ({
  shape,
  problem: `"*" in "${name}" must come after the owner, as in ${example}`,
})

const github: Preset = {
  issuer: 'https://token.actions.githubusercontent.com',
  requirement: 'a rule for GitHub must name "repository", "repository_owner", one of their ids, or "sub"',
  known: [
    { name: 'repository', meaning: 'OWNER/NAME; OWNER/* is any of that owner' },
    { name: 'repository_owner', meaning: 'the owner; better with repository_owner_id, which is never given away' },
    { name: 'branch', meaning: 'the branch that the job runs for; not pull requests' },
    { name: 'tag', meaning: 'the tag that the job runs for' },
    { name: 'environment', meaning: 'the deployment environment' },
    { name: 'workflow', meaning: 'the file of the workflow: release.yml, or OWNER/NAME/PATH@REF where it is shared' },
    { name: 'event_name', meaning: 'what started it: push, release, workflow_dispatch, …' },
  ],
  identifies: (claim) =>
    ['repository', 'repository_id', 'repository_owner', 'repository_owner_id', 'sub'].includes(claim),
  boundaries: {
    repository: ownerAndName('repository'),
    job_workflow_ref: ownerAndName('job_workflow_ref'),
    workflow_ref: ownerAndName('workflow_ref'),
    repository_id: whole('repository_id'),
    repository_owner: whole('repository_owner'),
    repository_owner_id: whole('repository_owner_id'),
    sub: beginning(/^(?:[^*]+|repo:[^/*]+\/.*)$/, 'sub', 'repo:OWNER/NAME:*'),
  },
  expand: (claims) =>
    renamed(renamed(renamed(claims, 'branch', { ref: heads }), 'tag', { ref: tags }), 'workflow', {
      job_workflow_ref: (file) => githubWorkflow(file, claims.get('repository')),
    }),
}

const gitlab: Preset = {
  issuer: 'https://gitlab.com',
  requirement: 'a rule for GitLab must name "project", "project_id", "namespace_path", "namespace_id" or "sub"',
  known: [
    { name: 'project', meaning: 'GROUP/NAME; GROUP/* is any below that group' },
    { name: 'namespace_path', meaning: 'the group' },
    { name: 'branch', meaning: 'the branch that the job runs for' },
    { name: 'tag', meaning: 'the tag that the job runs for' },
    { name: 'ref_protected', meaning: '"true": only protected branches and tags' },
    { name: 'environment', meaning: 'the deployment environment' },
  ],
  identifies: (claim) => ['project_path', 'project_id', 'namespace_path', 'namespace_id', 'sub'].includes(claim),
  boundaries: {
    project_path: ownerAndName('project'),
    namespace_path: beginning(/^(?:[^*]+|[^/*]+\/.*)$/, 'namespace_path', 'GROUP/*'),
    project_id: whole('project_id'),
    namespace_id: whole('namespace_id'),
    sub: beginning(/^(?:[^*]+|project_path:[^/*]+\/.*)$/, 'sub', 'project_path:GROUP/NAME:*'),
  },
  expand: (claims) => {
    const project = renamed(claims, 'project', { project_path: same })
    const branch = renamed(project, 'branch', { ref: same, ref_type: () => 'branch' })
    return renamed(branch, 'tag', { ref: same, ref_type: () => 'tag' })
  },
}

const NAMESPACE = 'kubernetes.io.namespace'
const ACCOUNT = 'kubernetes.io.serviceaccount.name'

const kubernetes: Preset = {
  requirement: 'a rule for Kubernetes must name "namespace" or "sub"',
  known: [
    { name: 'namespace', meaning: 'of the pod' },
    { name: 'serviceaccount', meaning: 'of the pod, together with the namespace' },
    { name: 'sub', meaning: 'system:serviceaccount:NAMESPACE:NAME' },
  ],
  identifies: (claim) => claim === 'sub' || claim === NAMESPACE,
  boundaries: {
    sub: beginning(/^(?:[^*]+|system:serviceaccount:[^:*]+:.*)$/, 'sub', 'system:serviceaccount:NAMESPACE:*'),
  },
  expand: (claims) => {
    const namespace = claims.get('namespace')
    const account = claims.get('serviceaccount')
    if (account !== undefined && namespace === undefined)
      throw new Error('"serviceaccount" needs "namespace": every namespace may have one of that name')
    if (account === undefined || [namespace, account].some((text) => text?.includes('*')))
      return renamed(renamed(claims, 'namespace', { [NAMESPACE]: same }), 'serviceaccount', { [ACCOUNT]: same })
    const withSubject = renamed(claims, 'serviceaccount', {
      sub: (name) => `system:serviceaccount:${namespace}:${name}`,
    })
    return new Map([...withSubject].filter(([name]) => name !== 'namespace'))
  },
}

const generic: Preset = {
  requirement: 'a rule must name a claim that says whose token it is, such as "sub"; "aud" and "iss" do not',
  known: [{ name: 'sub', meaning: 'whom the token is about' }],
  identifies: (claim) => !SAYS_NOTHING.includes(claim),
  boundaries: {},
  expand: (claims) => claims,
}

export const WORKLOAD_PRESETS: Readonly<Record<WorkloadPreset, Preset>> = { github, gitlab, kubernetes, generic }

/** For the help of commands: the usual issuer, what a rule must name, and what it may. */
export function describePreset(preset: WorkloadPreset): Pick<Preset, 'issuer' | 'requirement' | 'known'> {
  const { issuer, requirement, known } = WORKLOAD_PRESETS[preset]
  return { ...(issuer === undefined ? {} : { issuer }), requirement, known }
}

const same = (value: string) => value
const heads = (branch: string) => `refs/heads/${branch}`
const tags = (tag: string) => `refs/tags/${tag}`

/** A file alone is one of the repository's own, at any revision; which ones may run is said by branch or tag. */
function githubWorkflow(file: string, repository: string | undefined): string {
  const [path = ''] = file.split('@')
  if (path.includes('/')) return file
  if (repository === undefined || repository.includes('*'))
    throw new Error('"workflow" must be OWNER/NAME/.github/workflows/FILE@REF unless "repository" is a whole name')
  return `${repository}/.github/workflows/${file}${file.includes('@') ? '' : '@*'}`
}

/** Takes a friendly name out and puts in what it stands for. */
function renamed(claims: Claims, alias: string, into: Readonly<Record<string, (value: string) => string>>): Claims {
  const value = claims.get(alias)
  if (value === undefined) return claims
  const result = new Map(claims)
  result.delete(alias)
  for (const [name, make] of Object.entries(into)) {
    const made = make(value)
    if ((result.get(name) ?? made) !== made) throw new Error(`"${alias}" and another claim both say what "${name}" is`)
    result.set(name, made)
  }
  return result
}
