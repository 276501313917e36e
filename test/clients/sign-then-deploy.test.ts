/** A rule that asks for signatures is there first; then an image is pushed, signed remotely, and deployed. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { berth } from '../e2e/support/command.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail, run } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'

const PROJECTS = ['public', 'private'] as const

describeClient('signing where only signed images may be pulled', ['cosign', 'notation', 'skopeo', 'busybox'], () => {
  const folder = useFolder()
  const options = {
    cwd: folder.path,
    env: {
      COSIGN_PASSWORD: 'x',
      DOCKER_CONFIG: folder.at('logins'),
      HOME: folder.path,
      XDG_CONFIG_HOME: folder.at('config'),
      XDG_CACHE_HOME: folder.at('cache'),
    },
  }
  let server: RunningRegistry | undefined
  const host = () => server?.host ?? ''

  async function ours(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await berth(words, { env: options.env })
    if (code !== 0) throw new Error(`berth ${words.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
    return stdout.trim()
  }
  const here = (...words: readonly string[]) => ours(...words, '--data', folder.at('data'))

  interface Robot {
    readonly name: string
    readonly secret: string
  }

  async function robot(project: string, role: string): Promise<Robot> {
    const name = `robot.${project}.${role}`
    const secret = await here('robot', 'add', role, '--project', project)
    await here('grant', 'add', project, `robot:${name}`, role)
    return { name, secret }
  }

  /** With its writer and its reader, whose logins no file has. */
  const robots = new Map<string, { readonly writer: Robot; readonly reader: Robot }>()

  function robotsOf(project: string) {
    const found = robots.get(project)
    if (found === undefined) throw new Error(`${project} was not made`)
    return found
  }

  beforeAll(async () => {
    server = await startRegistry({ dataDir: await folder.make('data'), args: ['--anonymous', 'none'] })
    await must([program('cosign'), 'generate-key-pair'], options)
    await must([program('notation'), 'cert', 'generate-test', '--default', 'berth.test'], options)
    await ours('sign', '--generate-key', folder.at('ours.key'))
    const certificate = await readFile(folder.at('config', 'notation', 'localkeys', 'berth.test.crt'), 'utf8')
    const anchor = { certificates: { ca: [certificate] }, identities: ['*'], level: 'strict' }
    await writeFile(folder.at('anchor.json'), JSON.stringify(anchor))
    for (const project of PROJECTS) {
      await here('project', 'add', project, `--${project}`)
      const anchors = [
        ['cosign', '--key', folder.at('cosign.pub')],
        ['ours', '--key', folder.at('ours.pub')],
        ['notation', '--notation', folder.at('anchor.json')],
      ] as const
      for (const [name, ...trusted] of anchors) {
        await here('trust', 'add', project, name, ...trusted)
        const rule = ['--signed-by', name, '--repositories', `${name}*`, '--mode', 'enforce']
        await here('policy', 'add', project, name, ...rule)
      }
      robots.set(project, { writer: await robot(project, 'writer'), reader: await robot(project, 'reader') })
    }
  }, 240_000)
  afterAll(async () => {
    await server?.close()
  }, 60_000)

  async function push(repository: string, { name, secret }: Robot): Promise<string> {
    const layout = await smallImage(await folder.make(crypto.randomUUID()))
    const copy = ['copy', '--preserve-digests', '--dest-tls-verify=false', '--dest-creds', `${name}:${secret}`]
    await must([program('skopeo'), ...copy, layout.reference, `docker://${host()}/${repository}:v1`])
    return layout.root.digest
  }

  const pull = (image: string, credentials: readonly string[]) => {
    const copy = ['copy', '--src-tls-verify=false', ...credentials]
    return [program('skopeo'), ...copy, `docker://${host()}/${image}`, `dir:${folder.at(crypto.randomUUID())}`]
  }
  const as = ({ name, secret }: Robot) => ['--src-creds', `${name}:${secret}`]

  const cosign = (image: string, { name, secret }: Robot, ...more: readonly string[]) => [
    ...[program('cosign'), 'sign', '--key', 'cosign.key', '--use-signing-config=false', '--tlog-upload=false'],
    ...['--allow-http-registry', '--yes', '--registry-username', name, '--registry-password', secret, ...more, image],
  ]
  const notation = (image: string, { name, secret }: Robot) => [
    ...[program('notation'), 'sign', '--insecure-registry', '--username', name, '--password', secret, image],
  ]
  const runOurs = async (image: string, { name, secret }: Robot) => {
    const file = folder.at(`${crypto.randomUUID()}.creds`)
    await writeFile(file, `${name}:${secret}`, { mode: 0o600 })
    return berth(['sign', image, '--key', folder.at('ours.key'), '--creds-file', file], { env: options.env })
  }

  type Sign = (image: string, by: Robot) => Promise<{ readonly code: number }>
  const SIGNERS: readonly (readonly [string, string, Sign])[] = [
    ['cosign', 'cosign', (image, by) => run(cosign(image, by), options)],
    ['cosign, the older way', 'cosign', (image, by) => run(cosign(image, by, '--new-bundle-format=false'), options)],
    ['notation', 'notation', (image, by) => run(notation(image, by), options)],
    ['berth sign', 'ours', runOurs],
  ]
  const CASES = SIGNERS.flatMap(([title, name, sign]) =>
    PROJECTS.flatMap((project) =>
      (['tag', 'digest'] as const).map((by) => ({ title, name, sign, project, by, key: `${title} ${project} ${by}` })),
    ),
  )

  test.each(CASES)('$title in a $project project, by $by', async ({ name, sign, project, by }) => {
    const repository = `${project}/${name}-${crypto.randomUUID()}`
    const { writer, reader } = robotsOf(project)
    const digest = await push(repository, writer)
    const reference = by === 'tag' ? ':v1' : `@${digest}`
    const image = `${repository}${reference}`
    const refused = (await mustFail(pull(image, as(reader)))).replaceAll('\\', '')
    expect(refused).toContain(`refused by policy "${name}" of project ${project}`)
    expect((await sign(`${host()}/${image}`, reader)).code).not.toBe(0)
    await mustFail(pull(image, ['--src-no-creds']))
    const signed = await sign(`${host()}/${image}`, writer)
    expect([signed, signed.code]).toEqual([signed, 0])
    await must(pull(image, as(reader)))
    await must(pull(`${repository}@${digest}`, as(reader)))
    if (project === 'public') await must(pull(image, ['--src-no-creds']))
    else await mustFail(pull(image, ['--src-no-creds']))
  })
})
