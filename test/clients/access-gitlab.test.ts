import { beforeAll, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { describeClient } from './support/clients.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { block, section, steps } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'
import { lifetime, usePlatform } from './support/platform.ts'

/** A push to a protected branch, with the claims of GitLab's page "OpenID Connect (OIDC) authentication using ID tokens". */
const MAIN = {
  sub: 'project_path:acme/app:ref_type:branch:ref:main',
  namespace_id: '72',
  namespace_path: 'acme',
  project_id: '20',
  project_path: 'acme/app',
  user_id: '1',
  user_login: 'alice',
  user_email: 'alice@example.com',
  pipeline_id: '574',
  pipeline_source: 'push',
  job_id: '302',
  ref: 'main',
  ref_type: 'branch',
  ref_path: 'refs/heads/main',
  ref_protected: 'true',
  runner_id: 1,
  runner_environment: 'gitlab-hosted',
  sha: 'a0b1c2d3',
  project_visibility: 'private',
}

const FEATURE = {
  ...MAIN,
  sub: 'project_path:acme/app:ref_type:branch:ref:feature',
  ref: 'feature',
  ref_path: 'refs/heads/feature',
  ref_protected: 'false',
}

const Pipeline = z.object({
  image: z.object({
    id_tokens: z.record(z.string(), z.object({ aud: z.string() })),
    script: z.array(z.string()),
  }),
})

// The tokens are not GitLab's: they are signed here, with the claims that GitLab documents. The rest is real.
describeClient('a GitLab job, by docs/access.md', ['docker', 'dockerd', 'containerd', 'bash'], () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  const gitlab = usePlatform()
  const guide = useGuideServer(folder, {
    sections: ['GitLab CI'],
    instead: () => ({ auth: { workload: { gitlab: { issuer: gitlab.issuer.issuer } } } }),
  })
  const page = section('GitLab CI')
  const { image: job } = Pipeline.parse(parse(block(page, '.gitlab-ci.yml')))
  const script = job.script.join('\n')

  beforeAll(async () => {
    guide.setEnv({ ...docker.env, CI_COMMIT_SHA: MAIN.sha })
    await folder.make('work')
    await writeFile(folder.at('work', 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n')
    await guide.shell('berth project add team --private')
    for (const step of steps(page)) await guide.follow(step)
  }, 60_000)

  test('on a protected branch builds, signs in and pushes', async () => {
    const ran = await runJob(MAIN)
    expect(ran.code, ran.all).toBe(0)
    expect(ran.all).toContain('Login Succeeded')
    const pulled = await guide.shell('docker pull "registry.example.com/team/app:$CI_COMMIT_SHA"')
    expect(pulled.code, pulled.all).toBe(0)
  })

  test('may not push to another repository', async () => {
    const { code, all } = await runJob(MAIN, (text) => text.replaceAll('team/app', 'team/other'))
    expect(code).not.toBe(0)
    expect(all).toContain('denied: refused: ')
  })

  test.each([
    ['of a branch that is not protected', FEATURE],
    ['of a merge request of a fork', { ...FEATURE, project_path: 'mallory/app', namespace_path: 'mallory' }],
    ['of another project', { ...MAIN, project_path: 'acme/app-2', project_id: '21' }],
    ['that has expired', { ...MAIN, ...lifetime(-7200, -3600) }],
    ['for another audience', { ...MAIN, aud: 'https://vault.example.com' }],
  ])('is refused with a token %s', async (_, claims) => {
    await guide.shell('docker logout registry.example.com')
    const { code, all } = await runJob(claims)
    expect(code).not.toBe(0)
    expect(all).toMatch(/unauthorized: the user name or password is wrong|toomanyrequests: too many failed sign-ins/)
  })

  /** As GitLab runs it: each line must work, the token in the variable that the file names. */
  async function runJob(claims: Readonly<Record<string, unknown>>, change = (text: string) => text) {
    const tokens: Record<string, string> = {}
    for (const [name, { aud }] of Object.entries(job.id_tokens))
      tokens[name] = await gitlab.token(guide.localised(aud), claims)
    return guide.shell(`cd work\nset -e\n${change(script)}`, tokens)
  }
})
