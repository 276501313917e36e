import { describe, expect, it } from 'bun:test'
import fc from 'fast-check'
import { describePreset, WORKLOAD_PRESETS, type WorkloadPreset } from './workload-presets.ts'
import { matchesRule, parseRuleClaims } from './workload-rule.ts'

type Written = Readonly<Record<string, string>>

const GITHUB = {
  sub: 'repo:acme/app:ref:refs/heads/main',
  repository: 'acme/app',
  repository_id: '74',
  repository_owner: 'acme',
  repository_owner_id: '65',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  event_name: 'push',
  environment: 'production',
  workflow: 'Release',
  job_workflow_ref: 'acme/app/.github/workflows/release.yml@refs/heads/main',
  runner_environment: 'github-hosted',
}
const GITLAB = {
  sub: 'project_path:acme/team/app:ref_type:branch:ref:main',
  project_path: 'acme/team/app',
  project_id: '22',
  namespace_path: 'acme/team',
  namespace_id: '72',
  ref: 'main',
  ref_type: 'branch',
  ref_protected: 'true',
  environment: 'production',
}
const KUBERNETES = {
  sub: 'system:serviceaccount:ci:builder',
  'kubernetes.io': {
    namespace: 'ci',
    pod: { name: 'build-7', uid: 'u-1' },
    serviceaccount: { name: 'builder', uid: 'u-2' },
  },
}
const GENERIC = {
  sub: 'job-7',
  roles: ['deploy', 'read', 7, true, ['nested'], { a: 'b' }],
  admin: true,
  level: 3,
  none: null,
  realm: { access: { roles: ['x'] }, 'a.b': { c: 'd' } },
  'https://idp.test/team': 'acme',
}
const CLAIMS: Readonly<Record<WorkloadPreset, Readonly<Record<string, unknown>>>> = {
  github: GITHUB,
  gitlab: GITLAB,
  kubernetes: KUBERNETES,
  generic: GENERIC,
}

describe('a rule that is met', () => {
  it.each<[WorkloadPreset, Written]>([
    ['github', { repository: 'acme/app' }],
    ['github', { repository: 'acme/*' }],
    ['github', { repository: 'acme/a*p', branch: 'main', environment: 'production' }],
    ['github', { repository_id: '74', ref: 'refs/heads/*' }],
    ['github', { repository_owner: 'acme' }],
    ['github', { repository_owner_id: '65', branch: 'm*n' }],
    ['github', { sub: 'repo:acme/app:*' }],
    ['github', { sub: 'repo:acme/app:ref:refs/heads/main', environment: '*duction' }],
    ['github', { repository: 'acme/app', workflow: 'release.yml' }],
    ['github', { repository: 'acme/app', workflow: 'release.yml@refs/heads/main' }],
    ['github', { repository: 'acme/*', workflow: 'acme/app/.github/workflows/release.yml@*' }],
    ['gitlab', { project: 'acme/team/app' }],
    ['gitlab', { project: 'acme/*', branch: 'main', ref_protected: 'true' }],
    ['gitlab', { project_id: '22', environment: 'prod*' }],
    ['gitlab', { namespace_path: 'acme/*' }],
    ['gitlab', { namespace_id: '72' }],
    ['gitlab', { sub: 'project_path:acme/team/app:*' }],
    ['kubernetes', { namespace: 'ci' }],
    ['kubernetes', { namespace: 'c*' }],
    ['kubernetes', { namespace: 'ci', serviceaccount: 'builder' }],
    ['kubernetes', { namespace: 'c*', serviceaccount: 'build*' }],
    ['kubernetes', { sub: 'system:serviceaccount:ci:*' }],
    ['kubernetes', { sub: 'system:serviceaccount:ci:builder', 'kubernetes.io.pod.name': 'build-*' }],
    ['kubernetes', { 'kubernetes.io.namespace': 'ci' }],
    ['generic', { sub: 'job-*' }],
    ['generic', { roles: 'deploy' }],
    ['generic', { roles: '7' }],
    ['generic', { roles: 'true', admin: 'true', level: '3' }],
    ['generic', { 'realm.access.roles': 'x' }],
    ['generic', { 'realm.a.b.c': 'd' }],
    ['generic', { 'https://idp.test/team': 'acme' }],
  ])('%s: %j', (preset, record) => {
    const rule = parseRuleClaims(preset, record)
    expect(matchesRule(rule, CLAIMS[preset])).toBe(true)
    // What is stored reads back as the same rule.
    expect(parseRuleClaims(preset, rule.claims)).toEqual(rule)
  })
})

describe('a rule that is not met', () => {
  it.each<[WorkloadPreset, Written, object]>([
    ['github', { repository: 'acme/app' }, { repository: 'fork/app', sub: 'repo:fork/app:ref:refs/heads/main' }],
    ['github', { repository: 'acme/app' }, { repository: 'Acme/app' }],
    ['github', { repository: 'acme/app' }, { repository: 'acme/app2' }],
    ['github', { repository: 'acme/*' }, { repository: 'acme-evil/app' }],
    ['github', { repository_owner: 'acme' }, { repository_owner: 'acme2' }],
    ['github', { repository: 'acme/app', branch: 'main' }, { ref: 'refs/pull/7/merge' }],
    ['github', { repository: 'acme/app', branch: '*main' }, { ref: 'refs/pull/main/merge' }],
    ['github', { repository: 'acme/app', branch: 'main' }, { ref: 'refs/tags/main' }],
    ['github', { repository: 'acme/app', tag: 'v*' }, { ref: 'refs/heads/v1' }],
    ['github', { sub: 'repo:acme/app:*' }, { sub: 'repo:acme/app2:ref:refs/heads/main' }],
    ['github', { repository: 'acme/app', environment: 'production' }, { environment: undefined }],
    [
      'github',
      { repository: 'acme/app', workflow: 'release.yml' },
      { job_workflow_ref: 'fork/app/.github/workflows/release.yml@x' },
    ],
    ['gitlab', { project: 'acme/*' }, { project_path: 'acme2/app' }],
    ['gitlab', { project: 'acme/team/app', branch: 'main' }, { ref_type: 'tag' }],
    ['gitlab', { project: 'acme/team/app', tag: 'v1' }, { ref: 'v1' }],
    ['gitlab', { project: 'acme/team/app', ref_protected: 'true' }, { ref_protected: 'false' }],
    ['kubernetes', { namespace: 'ci', serviceaccount: 'builder' }, { sub: 'system:serviceaccount:dev:builder' }],
    ['kubernetes', { namespace: 'ci' }, { 'kubernetes.io': { namespace: 'dev' } }],
    ['kubernetes', { namespace: 'ci' }, { 'kubernetes.io': 'ci' }],
    ['generic', { roles: 'nested' }, {}],
    ['generic', { roles: 'b' }, {}],
    ['generic', { none: 'null' }, {}],
    ['generic', { absent: 'undefined' }, {}],
    ['generic', { realm: '[object Object]' }, {}],
    ['generic', { 'roles.0': 'deploy' }, {}],
    ['generic', { 'sub.length': '5' }, {}],
    ['generic', { constructor: 'function*' }, {}],
    ['generic', { '__proto__.x': 'y' }, {}],
  ])('%s: %j by %j', (preset, record, changes) => {
    expect(matchesRule(parseRuleClaims(preset, record), { ...CLAIMS[preset], ...changes })).toBe(false)
  })

  it('one without claims, however it came about', () => {
    expect(matchesRule({ claims: {} }, GITHUB)).toBe(false)
  })
})

describe('a rule that is refused', () => {
  it.each<[WorkloadPreset, Written, string]>([
    ['github', {}, 'a rule for GitHub must name "repository"'],
    ['github', { branch: 'main' }, 'a rule for GitHub must name'],
    ['github', { environment: 'production', job_workflow_ref: 'acme/x/y.yml@*' }, 'a rule for GitHub must name'],
    ['github', { repository: '*' }, 'matches everything'],
    ['github', { repository: '**' }, 'matches everything'],
    ['github', { repository: 'my*/app' }, '"repository" must be OWNER/NAME, with no "*" in the owner'],
    ['github', { repository: '*/app' }, 'must be OWNER/NAME'],
    ['github', { repository: 'acme*' }, 'must be OWNER/NAME'],
    ['github', { repository: 'acme' }, 'must be OWNER/NAME'],
    ['github', { repository: '/app' }, 'must be OWNER/NAME'],
    ['github', { repository_id: '74', repository: 'acme*/app' }, 'must be OWNER/NAME'],
    ['github', { repository_owner: 'acme*' }, 'without "*"'],
    ['github', { repository_id: '7*' }, 'without "*"'],
    ['github', { sub: 'repo:acme*' }, '"*" in "sub" must come after the owner'],
    ['github', { sub: '*:ref:refs/heads/main' }, 'must come after the owner'],
    ['github', { sub: 'repo:*/app:ref:refs/heads/main' }, 'must come after the owner'],
    ['github', { repository: 'acme/app', environment: '*' }, 'matches everything'],
    ['github', { repository: 'acme/app', branch: 'main', ref: 'refs/heads/x' }, 'both say what "ref" is'],
    ['github', { repository: 'acme/app', branch: 'main', tag: 'v1' }, 'both say what "ref" is'],
    ['github', { repository: 'acme/*', workflow: 'release.yml' }, '"workflow" must be OWNER/NAME'],
    ['github', { repository: 'acme/app', workflow: '*/x/y.yml@z' }, 'must be OWNER/NAME'],
    ['gitlab', { branch: 'main' }, 'a rule for GitLab must name "project"'],
    ['gitlab', { project: 'acme*/app' }, '"project" must be OWNER/NAME'],
    ['gitlab', { namespace_path: 'acme*' }, 'must come after the owner'],
    ['gitlab', { sub: 'project_path:acme*' }, 'must come after the owner'],
    ['gitlab', { project_id: '2*' }, 'without "*"'],
    ['kubernetes', { serviceaccount: 'builder' }, '"serviceaccount" needs "namespace"'],
    ['kubernetes', { 'kubernetes.io.pod.name': 'x' }, 'a rule for Kubernetes must name'],
    ['kubernetes', { namespace: '*ci' }, 'a rule for Kubernetes must name'],
    ['kubernetes', { sub: 'system:serviceaccount:c*' }, 'must come after the owner'],
    ['generic', { aud: 'berth', iss: 'https://x' }, 'a claim that says whose token it is'],
    ['generic', { sub: '*7' }, 'a claim that says whose token it is'],
    ['generic', { sub: '' }, '1 to 512 characters'],
    ['generic', { sub: 'a\nb' }, 'no control characters'],
    ['generic', { sub: 'a'.repeat(513) }, '1 to 512 characters'],
    ['generic', { 'a b': 'c' }, 'cannot be the name of a claim'],
    ['generic', { '': 'c' }, 'cannot be the name of a claim'],
    ['generic', Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`c${at}`, 'x'])), 'at most 20 claims'],
  ])('%s: %j', (preset, record, message) => {
    expect(() => parseRuleClaims(preset, record)).toThrow(message)
  })
})

describe('a pattern', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '+'), minLength: 1, maxLength: 8 })

  it('matches as the plain reading of it does', () => {
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b', '.', '+'), maxLength: 10 }), (end, text) => {
        const source = end
          .split('*')
          .map((piece) => piece.replace(/[.+]/g, '\\$&'))
          .join('.*')
        const rule = { claims: { sub: end } }
        expect(matchesRule(rule, { sub: text })).toBe(new RegExp(`^${source}$`, 's').test(text))
      }),
      { numRuns: 3000 },
    )
  })

  it('takes no longer for being nasty', () => {
    const rule = parseRuleClaims('generic', { sub: `a${'*a'.repeat(200)}*b` })
    const start = performance.now()
    expect(matchesRule(rule, { sub: 'a'.repeat(8000) })).toBe(false)
    expect(performance.now() - start).toBeLessThan(100)
  })
})

it.each(Object.keys(WORKLOAD_PRESETS) as WorkloadPreset[])('%s describes itself', (preset) => {
  const { requirement, known } = describePreset(preset)
  expect(requirement).toStartWith('a rule')
  expect(known.length).toBeGreaterThan(0)
})
