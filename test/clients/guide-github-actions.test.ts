import { beforeAll, describe, expect, test } from 'bun:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { describeClient, program } from './support/clients.ts'
import type { Ran } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { differenceOf, wholePage } from './support/guide.ts'
import {
  bringVulnerabilities,
  cosignKey,
  pushTools,
  SCANNING,
  standIn,
  works,
  writeSources,
} from './support/guide-pipeline.ts'
import { useGuideServer } from './support/guide-server.ts'
import { usePlatform } from './support/platform.ts'

const PROGRAMS = ['docker', 'dockerd', 'containerd', 'curl', 'jq', 'bash', 'cosign']
const page = wholePage('guides/github-actions')

const Workflow = z.object({
  on: z.object({ push: z.object({ branches: z.tuple([z.literal('main')]) }) }),
  permissions: z.object({ contents: z.literal('read'), 'id-token': z.literal('write') }),
  env: z.record(z.string(), z.string()),
  jobs: z.object({
    image: z.object({
      'runs-on': z.string(),
      steps: z.array(
        z.strictObject({
          uses: z.string().optional(),
          with: z.record(z.string(), z.string()).optional(),
          name: z.string().optional(),
          run: z.string().optional(),
        }),
      ),
    }),
  }),
})

const CLAIMS = {
  sub: 'repo:acme/app:ref:refs/heads/main',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  repository: 'acme/app',
  repository_owner: 'acme',
  event_name: 'push',
  workflow: 'image',
  job_workflow_ref: 'acme/app/.github/workflows/image.yml@refs/heads/main',
}

// There is no GitHub here. Its tokens are signed by an issuer of the tests, with the claims that GitHub documents, and the
// `run:` steps of the page's workflow run with the variables that a runner has; `uses:` steps do not. The builder is
// docker's classic one. Nobody here gives cosign a certificate, so it signs with a key.
describeClient('GitHub Actions, by docs/guides/github-actions.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  const github = usePlatform()
  const guide = useGuideServer(folder, {
    yaml: [page.block('berth.yaml')],
    instead: () => ({ auth: { workload: { github: { issuer: github.issuer.issuer } } } }),
    serverEnv: SCANNING,
  })
  const workflow = Workflow.parse(parse(page.block('.github/workflows/image.yml')))
  const runs = workflow.jobs.image.steps.flatMap(({ name = '', run }) => (run === undefined ? [] : [{ name, run }]))
  const shown = page.steps('job')

  beforeAll(async () => {
    guide.setEnv({ ...docker.env, ...github.githubEnv() })
    github.setClaims(CLAIMS)
    await bringVulnerabilities(folder, guide)
    await pushTools(folder, { docker, guide })
    await cosignKey(folder, program('cosign'))
    const flags = '--allow-http-registry --use-signing-config=false --tlog-upload=false'
    const signing = `[ "$1" = sign ] && shift && exec ${program('cosign')} sign --key ${folder.at('cosign.key')} ${flags} "$@"`
    await standIn(folder, 'cosign', `export COSIGN_PASSWORD=\n${signing}`)
  }, 120_000)

  for (const name of ['robot', 'gate'])
    for (const step of page.steps(name)) test(`$ ${step.command}`, () => guide.follow(step))

  /** The steps as a runner has them: one shell each, which ends at the first command that fails. */
  async function runJob(sha: string, openssl: string): Promise<readonly Ran[]> {
    const work = folder.at('work')
    await writeSources(work, openssl)
    const env = Object.fromEntries(Object.entries(workflow.env).map(([key, value]) => [key, guide.localised(value)]))
    const done: Ran[] = []
    for (const { run } of runs) {
      // A runner is not the registry's machine, and knows nothing of its configuration.
      const ran = await guide.shell(`cd work\nunset BERTH_CONFIG\nset -e\n${run}`, {
        ...env,
        GITHUB_SHA: sha,
        HOME: folder.path,
      })
      done.push(ran)
      if (ran.code !== 0) break
    }
    return done
  }

  const textOf = (ran: readonly Ran[]) => ran.map(({ all }) => all).join('\n')

  test('a push to main is built, pushed, signed and looked into', async () => {
    const ran = await runJob('a0b1c2d3', '3.0.9-r0')
    expect(ran.at(-1)?.code, textOf(ran)).toBe(0)
    expect(ran).toHaveLength(runs.length)
    const last = ran.at(-1)?.stdout ?? ''
    for (const step of shown) {
      expect(runs.at(-1)?.run).toContain(step.command)
      const output = step.output.map(guide.localised)
      expect(differenceOf({ command: './berth', output }, last), step.command).toBeUndefined()
    }
    expect(await Bun.file(folder.at('work', 'sbom.cdx.json')).json()).toMatchObject({ bomFormat: 'CycloneDX' })
    expect(await works(guide, 'berth signatures team/app:a0b1c2d3')).toContain('sigstore-bundle')
  })

  test('the next build finds what the last one left, on a runner that is new', async () => {
    await docker('system', 'prune', '--all', '--force')
    const [build] = await runJob('b0b1c2d3', '3.0.9-r0')
    expect(build?.all).toContain('Using cache')
  })

  test('a critical vulnerability ends the job, and the image cannot be pulled', async () => {
    const ran = await runJob('c0b1c2d3', '3.0.8-r0')
    expect(ran).toHaveLength(runs.length)
    expect(ran.at(-1)?.code, textOf(ran)).toBe(1)
    expect(ran.at(-1)?.all).toContain('CVE-2099-0001')
    const pull = await guide.shell('docker rmi $IMAGE; docker pull $IMAGE', {
      IMAGE: `${guide.host}/team/app:c0b1c2d3`,
    })
    expect(pull.all).toContain('refused by policy "no-critical"')
  })

  describe('a pull request', () => {
    test('is not let in', async () => {
      await guide.shell('docker logout registry.example.com')
      github.setClaims({
        ...CLAIMS,
        ref: 'refs/pull/7/merge',
        event_name: 'pull_request',
        sub: 'repo:acme/app:pull_request',
      })
      const ran = await runJob('d0b1c2d3', '3.0.9-r0')
      expect(ran.at(-1)?.code).not.toBe(0)
      expect(textOf(ran)).toContain('unauthorized: the user name or password is wrong')
    })
  })

  test('every block of the page was run', () => {
    expect(page.left()).toEqual([])
  })
})
