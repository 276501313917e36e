import { beforeAll, expect, test } from 'bun:test'
import { copyFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { describeClient } from './support/clients.ts'
import type { Ran } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { differenceOf, wholePage } from './support/guide.ts'
import { bringVulnerabilities, pushTools, SCANNING, writeSources } from './support/guide-pipeline.ts'
import { useGuideServer } from './support/guide-server.ts'
import { usePlatform } from './support/platform.ts'

const PROGRAMS = ['docker', 'dockerd', 'containerd', 'skopeo', 'jq', 'bash']
const page = wholePage('guides/gitlab-ci')

const Job = z.object({
  extends: z.literal('.registry'),
  stage: z.string(),
  variables: z.record(z.string(), z.string()).default({}),
  script: z.array(z.string()),
})
const Pipeline = z.object({
  stages: z.tuple([z.literal('build'), z.literal('release')]),
  variables: z.record(z.string(), z.string()),
  '.registry': z.object({ id_tokens: z.object({ REGISTRY_TOKEN: z.object({ aud: z.string() }) }) }),
  build: Job,
  release: Job,
})

const CLAIMS = {
  sub: 'project_path:acme/app:ref_type:branch:ref:main',
  namespace_path: 'acme',
  project_path: 'acme/app',
  ref: 'main',
  ref_type: 'branch',
  ref_protected: 'true',
}

// There is no GitLab here. Its tokens are signed by an issuer of the tests, with the claims that GitLab documents, and the
// `script:` lines of the page's jobs run with the variables that a runner has, on this machine and not in images.
describeClient('GitLab CI, by docs/guides/gitlab-ci.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  const gitlab = usePlatform()
  const guide = useGuideServer(folder, {
    yaml: [page.block('berth.yaml')],
    instead: () => ({ auth: { workload: { gitlab: { issuer: gitlab.issuer.issuer } } } }),
    serverEnv: SCANNING,
  })
  const pipeline = Pipeline.parse(parse(page.block('.gitlab-ci.yml')))

  beforeAll(async () => {
    guide.setEnv(docker.env)
    await bringVulnerabilities(folder, guide)
    await pushTools(folder, { docker, guide })
  }, 120_000)

  for (const name of ['robot', 'key'])
    for (const step of page.steps(name)) test(`$ ${step.command}`, () => guide.follow(step))

  /** A job as a runner has it: all lines in one shell, which ends at the first that fails. */
  async function runJob(job: z.infer<typeof Job>, sha: string, claims: object): Promise<Ran> {
    const { aud } = pipeline['.registry'].id_tokens.REGISTRY_TOKEN
    const variables = Object.entries({ ...pipeline.variables, ...job.variables })
    const env = Object.fromEntries(variables.map(([key, value]) => [key, guide.localised(value)]))
    // A runner is not the registry's machine, and knows nothing of its configuration.
    return guide.shell(`cd work\nunset BERTH_CONFIG\nset -eo pipefail\n${job.script.join('\n')}`, {
      ...env,
      CI_COMMIT_SHA: sha,
      CI_COMMIT_REF_SLUG: 'main',
      REGISTRY_TOKEN: await gitlab.token(guide.localised(aud), { ...claims }),
      SIGNING_KEY: folder.at('release.key'),
      COSIGN_PASSWORD: 'secret',
    })
  }

  async function sources(openssl: string): Promise<void> {
    await writeSources(folder.at('work'), openssl)
    await copyFile(folder.at('release.pub'), folder.at('work', 'release.pub'))
  }

  test('an image of a protected branch is built, pushed, looked into and signed', async () => {
    await sources('3.0.9-r0')
    const build = await runJob(pipeline.build, 'a0b1c2d3', CLAIMS)
    expect(build.code, build.all).toBe(0)
    const release = await runJob(pipeline.release, 'a0b1c2d3', CLAIMS)
    expect(release.code, release.all).toBe(0)
    for (const step of page.steps('release')) {
      expect(pipeline.release.script).toContain(step.command)
      const output = step.output.map(guide.localised)
      expect(differenceOf({ command: step.command.slice('berth'.length), output }, release.stdout)).toBeUndefined()
    }
    expect(await Bun.file(folder.at('work', 'sbom.cdx.json')).json()).toMatchObject({ bomFormat: 'CycloneDX' })
    const check = await guide.shell('berth policy check team/app:a0b1c2d3')
    expect(check.stdout).toContain('signed (warn): pass')
  })

  test('the next build finds what the last one left, on a runner that is new', async () => {
    await docker('system', 'prune', '--all', '--force')
    const build = await runJob(pipeline.build, 'b0b1c2d3', CLAIMS)
    expect(build.all).toContain('Using cache')
  })

  test('what has a critical vulnerability is not signed', async () => {
    await sources('3.0.8-r0')
    expect((await runJob(pipeline.build, 'c0b1c2d3', CLAIMS)).code).toBe(0)
    const release = await runJob(pipeline.release, 'c0b1c2d3', CLAIMS)
    expect(release.code, release.all).toBe(1)
    expect(release.all).toContain('CVE-2099-0001')
    expect((await guide.shell('berth signatures team/app:c0b1c2d3')).all).not.toContain('sigstore-bundle')
  })

  test('a branch that is not protected is not let in', async () => {
    await guide.shell('docker logout registry.example.com')
    const claims = { ...CLAIMS, ref: 'feature', ref_protected: 'false' }
    const build = await runJob(pipeline.build, 'd0b1c2d3', claims)
    expect(build.code).not.toBe(0)
    expect(build.all).toContain('unauthorized: the user name or password is wrong')
    const release = await runJob(pipeline.release, 'a0b1c2d3', claims)
    expect(release.code, release.all).toBe(3)
  })

  for (const step of page.steps('runner')) test(`$ ${step.command}`, () => guide.follow(step))

  test('what a runner is given is an auth file', async () => {
    const [line] = page.steps('runner').slice(-1)
    const { stdout } = await guide.shell(line?.command ?? '')
    await Bun.write(folder.at('runner.json'), stdout)
    const inspect =
      'skopeo inspect --tls-verify=false --authfile runner.json docker://registry.example.com/team/app:main'
    // Its last image has what may not be pulled.
    expect((await guide.shell(inspect)).stdout).toContain('refused by policy ')
    const good = await guide.shell(inspect.replace(':main', ':a0b1c2d3'))
    expect(good.code, good.all).toBe(0)
  })

  test('every block of the page was run', () => {
    expect(page.left()).toEqual([])
  })
})
