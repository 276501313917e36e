import { beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { until } from '../e2e/support/until.ts'
import { startWorkloadIssuer } from '../support/workload-issuer.ts'
import { describeClient } from './support/clients.ts'
import { useContainersStorage } from './support/containers.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { block, section, steps } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'
import { lifetime, usePlatform } from './support/platform.ts'

const PROGRAMS = ['docker', 'dockerd', 'containerd', 'ctr', 'podman', 'skopeo', 'curl', 'jq', 'bash']

/** A push to main, with the claims of GitHub's page "OpenID Connect reference". */
const MAIN = {
  sub: 'repo:acme/app:ref:refs/heads/main',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  ref_protected: 'true',
  sha: 'a0b1c2d3',
  repository: 'acme/app',
  repository_id: '74',
  repository_owner: 'acme',
  repository_owner_id: '65',
  repository_visibility: 'private',
  actor: 'alice',
  actor_id: '12',
  event_name: 'push',
  workflow: 'image',
  workflow_ref: 'acme/app/.github/workflows/image.yml@refs/heads/main',
  job_workflow_ref: 'acme/app/.github/workflows/image.yml@refs/heads/main',
  runner_environment: 'github-hosted',
  run_id: '1',
  run_number: '1',
  run_attempt: '1',
}

/** A pull request of somebody’s fork: the job runs for the merge. */
const PULL_REQUEST = {
  ...MAIN,
  sub: 'repo:acme/app:pull_request',
  ref: 'refs/pull/7/merge',
  head_ref: 'fix',
  base_ref: 'main',
  event_name: 'pull_request',
}

/** Runs with the rights and the ref of the base branch, on behalf of whoever opened it. */
const PULL_REQUEST_TARGET = { ...MAIN, head_ref: 'fix', base_ref: 'main', event_name: 'pull_request_target' }

const Workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.object({ image: z.object({ steps: z.array(z.object({ run: z.string().optional() })) }) }),
})
/** The second, once there were several. */
const REFUSED =
  /unauthorized: (?:the user name or password is wrong|authentication required)|toomanyrequests: too many failed sign-ins/
const Token = z.object({ token: z.string() })

// The tokens are not GitHub's: they are signed here, with the claims that GitHub documents. The rest is real.
describeClient('a GitHub Actions job, by docs/access.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  const containers = useContainersStorage(folder)
  const github = usePlatform()
  const guide = useGuideServer(folder, {
    sections: ['GitHub Actions'],
    instead: () => ({ auth: { workload: { github: { issuer: github.issuer.issuer } } } }),
  })
  const page = section('GitHub Actions')
  const workflow = Workflow.parse(parse(block(page, '.github/workflows/image.yml')))
  const scripts = workflow.jobs.image.steps.flatMap(({ run }) => (run === undefined ? [] : [run]))
  const login = scripts.find((script) => script.includes('docker login')) ?? ''
  const push = scripts.find((script) => script.startsWith('docker push')) ?? ''

  beforeAll(async () => {
    guide.setEnv({ ...docker.env, ...containers, ...github.githubEnv(), GITHUB_SHA: MAIN.sha })
    await folder.make('work')
    await writeFile(folder.at('work', 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n')
    await works('berth project add team --private')
    await works('berth project add elsewhere --public')
    for (const step of steps(page)) await guide.follow(step)
  }, 60_000)

  test('on main builds, signs in and pushes', async () => {
    expect(workflow.permissions['id-token']).toBe('write')
    github.setClaims(MAIN)
    for (const script of scripts) await works(inJob(script))
    await works(inJob('docker pull "registry.example.com/team/app:$GITHUB_SHA"'))
    const audit = await works('berth audit list --actor robot.team.ci --action manifest.pushed')
    expect(audit).toMatch(/done +robot\.team\.ci +manifest\.pushed +repository:team\/app/)
  })

  test('may not push to another project, nor to another repository of its own', async () => {
    github.setClaims(MAIN)
    await works(inJob(login))
    for (const name of ['elsewhere/app', 'team/other']) {
      const image = `registry.example.com/${name}:v1`
      await works(inJob(`docker tag "registry.example.com/team/app:$GITHUB_SHA" ${image}`))
      expect(await refused(inJob(`docker push ${image}`))).toContain('denied: refused: ')
    }
  })

  test('is refused with a token that somebody else signed', async () => {
    const forger = await startWorkloadIssuer()
    const token = await forger.sign({ ...MAIN, iss: github.issuer.issuer, aud: guide.url })
    await forger.close()
    await writeFile(folder.at('job.token'), token)
    for (const step of steps(page, 'refused')) await guide.follow(step)
  })

  test.each([
    ['of another branch', { ...MAIN, ref: 'refs/heads/feature', sub: 'repo:acme/app:ref:refs/heads/feature' }],
    ['of a pull request', PULL_REQUEST],
    ['of pull_request_target', PULL_REQUEST_TARGET],
    ['of another repository', { ...MAIN, repository: 'acme/app-2', sub: 'repo:acme/app-2:ref:refs/heads/main' }],
    ['of a fork', { ...MAIN, repository: 'mallory/app', repository_owner: 'mallory', repository_owner_id: '66' }],
    ['that has expired', { ...MAIN, ...lifetime(-600, -300) }],
    ['that is not good yet', { ...MAIN, ...lifetime(300, 600) }],
    ['for another audience', { ...MAIN, aud: 'https://sts.example.com' }],
    ['of another issuer', { ...MAIN, iss: 'https://token.actions.example.com' }],
  ])('is refused with a token %s', async (_, claims) => {
    await works('docker logout registry.example.com')
    github.setClaims(claims)
    expect(await refused(inJob(login))).toMatch(REFUSED)
    expect(await refused(inJob(push))).toMatch(/unauthorized|denied/)
    // What was wrong before holds up nobody whose token is good.
    github.setClaims(MAIN)
    await works(inJob(login))
  })

  test('leaves its attempt in the audit', async () => {
    expect(await works('berth audit list --action sign-in --outcome refused')).toMatch(
      /refused +robot\.team\.ci +sign-in +registry/,
    )
  })

  test('may leave the name of the robot to the registry', async () => {
    github.setClaims(MAIN)
    await works(inJob(login.replace('robot.team.ci', 'workload')))
    await works(inJob(push))
    github.setClaims(PULL_REQUEST)
    await refused(inJob(login.replace('robot.team.ci', 'workload')))
  })

  test('pushes with podman, skopeo and ctr, the token as password', async () => {
    await writeFile(folder.at('job.token'), await github.token(guide.url, MAIN))
    const pair = '"robot.team.ci:$(cat job.token)"'
    const image = `registry.example.com/team/app:${MAIN.sha}`
    await works('podman login registry.example.com -u robot.team.ci --password-stdin < job.token')
    await works(`podman pull ${image} && podman push ${image} docker://registry.example.com/team/app:podman`)
    await works('podman logout registry.example.com')
    await works(
      `skopeo copy --src-creds ${pair} --dest-creds ${pair} docker://${image} docker://registry.example.com/team/app:skopeo`,
    )
    await works(`ctr images pull --user ${pair} ${image}`)
    await works(`ctr images tag ${image} registry.example.com/team/app:ctr`)
    await works(`ctr images push --user ${pair} registry.example.com/team/app:ctr`)
    const tags = await works(`skopeo list-tags --creds ${pair} docker://registry.example.com/team/app`)
    for (const tag of ['podman', 'skopeo', 'ctr']) expect(tags).toContain(`"${tag}"`)
    expect(await refused(`ctr images push --user ${pair} registry.example.com/elsewhere/app:ctr ${image}`)).toContain(
      '403',
    )
  })

  test('after its token has expired, has the token of the registry for a while', async () => {
    // Clocks may differ by a minute: this one is good for a few seconds more.
    const token = await github.token(guide.url, { ...MAIN, ...lifetime(-300, -55) })
    await writeFile(folder.at('job.token'), token)
    await works('docker login registry.example.com -u robot.team.ci --password-stdin < job.token')
    const first = await askForToken(token)
    expect(first.status).toBe(200)
    const registryToken = Token.parse(await first.json()).token
    await until(
      'the token has expired',
      async () => ((await askForToken(token)).status === 401 ? true : undefined),
      20_000,
    )
    expect(await refused(inJob(push))).toMatch(REFUSED)
    const headers = { authorization: `Bearer ${registryToken}` }
    expect((await fetch(`${guide.url}/v2/team/app/manifests/${MAIN.sha}`, { headers })).status).toBe(200)
    expect((await fetch(`${guide.url}/v2/team/app/blobs/uploads/`, { method: 'POST', headers })).status).toBe(202)
  })

  test('may exchange its token (RFC 8693)', async () => {
    const exchange = async (subject: string) => {
      const form = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: subject,
        scope: SCOPE,
      }
      return fetch(`${guide.url}/token`, { method: 'POST', body: new URLSearchParams(form) })
    }
    const answer = await exchange(await github.token(guide.url, MAIN))
    expect(answer.status).toBe(200)
    const { token } = Token.parse(await answer.json())
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${guide.url}/v2/team/app/manifests/${MAIN.sha}`, { headers })).status).toBe(200)
    expect((await exchange(await github.token(guide.url, PULL_REQUEST))).status).not.toBe(200)
  })

  describe('what the page warns of', () => {
    beforeAll(async () => {
      for (const [name, claims] of [
        ['loose', 'repository=acme/app'],
        ['by-branch', 'repository=acme/app branch=main'],
        ['by-environment', 'repository=acme/app environment=production'],
        ['by-id', 'repository_owner_id=65 workflow=acme/app/.github/workflows/image.yml@*'],
      ] as const) {
        await works(`berth robot add ${name} --project team --no-secret --never-expires`)
        await works(`berth robot trust robot.team.${name} github ${claims}`)
      }
    })
    test.each([
      ['loose', PULL_REQUEST, true],
      ['by-branch', PULL_REQUEST, false],
      ['by-branch', PULL_REQUEST_TARGET, true],
      ['by-environment', PULL_REQUEST_TARGET, false],
      ['by-environment', { ...MAIN, environment: 'production' }, true],
      ['by-id', { ...MAIN, repository_owner: 'acme-renamed' }, true],
    ])('a rule %s', async (name, claims, fits) => {
      github.setClaims(claims)
      const script = inJob(login.replace('robot.team.ci', `robot.team.${name}`))
      expect(await (fits ? works(script) : refused(script))).toContain(fits ? 'Login Succeeded' : 'unauthorized')
    })
  })

  test.each([
    ['branch=main', 'must name "repository"'],
    ["'repository=*/app'", 'with no "*" in the owner'],
  ])('a rule that would let strangers in is refused: %s', async (claims, problem) => {
    expect(await refused(`berth robot trust robot.team.ci github ${claims}`)).toContain(problem)
  })

  const SCOPE = 'repository:team/app:pull,push'

  function askForToken(token: string): Promise<Response> {
    const headers = { authorization: `Basic ${btoa(`robot.team.ci:${token}`)}` }
    return fetch(`${guide.url}/token?service=berth&scope=${SCOPE}`, { headers })
  }

  /** In a folder of its own, and as GitHub runs a script. */
  function inJob(script: string): string {
    return `cd work\nset -e +o pipefail\n${script}`
  }

  async function works(command: string): Promise<string> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).toBe(0)
    return ran.all
  }

  async function refused(command: string): Promise<string> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).not.toBe(0)
    return ran.all
  }
})
