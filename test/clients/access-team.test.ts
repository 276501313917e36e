import { beforeAll, describe, expect, test } from 'bun:test'
import { parse } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { describeClient, program } from './support/clients.ts'
import { must, run } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { allBlocks, inlineCommands, section, steps, tableAfter } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'
import { smallImage } from './support/images.ts'

const PROGRAMS = ['docker', 'dockerd', 'containerd', 'ctr', 'podman', 'buildah', 'skopeo', 'busybox', 'curl', 'bash']

const ROOT = new URL('../..', import.meta.url).pathname

describe('docs/access.md', () => {
  test.each(allBlocks().filter(({ language, text }) => language === 'yaml' && /^(?:auth|listen):/m.test(text)))(
    'a configuration that it shows is a good one: $name',
    ({ text }) => {
      expect(parseConfig(parse(text)).listen.port).toBeGreaterThan(0)
    },
  )
})

test.each(inlineCommands())('%s is a command, and has these flags', async (text) => {
  const words = text.split(' ').slice(1)
  const named = words.slice(0, 2).filter((word) => /^[a-z-]+$/.test(word))
  const { code, all } = await run([process.execPath, `${ROOT}src/main.ts`, ...named, '--help'])
  expect(code, all).toBe(0)
  expect(all).toStartWith(`Usage: berth ${named.join(' ')} `)
  for (const flag of words.filter((word) => word.startsWith('--'))) expect(all).toContain(flag)
})

describeClient('the team of docs/access.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  const containers = useContainersStorage(folder)
  const guide = useGuideServer(folder)

  beforeAll(async () => {
    guide.setEnv({ ...docker.env, ...containers })
    for (const name of ['app', 'debian', 'other']) {
      const layout = await smallImage(await folder.make(crypto.randomUUID()))
      const archive = `${layout.folder}.tar`
      await must([program('skopeo'), 'copy', layout.reference, `docker-archive:${archive}:${name}:latest`])
      await docker('load', '--input', archive)
    }
  }, 60_000)

  const team = steps(section('A team'))
  // What ends Carol's role comes after everything that needs it.
  const end = team.findIndex(({ command }) => command.startsWith('berth grant remove'))
  for (const step of team.slice(0, end)) test(`$ ${step.command}`, () => guide.follow(step))

  test('the ping asks to sign in, with one challenge', async () => {
    const answer = await fetch(`${guide.url}/v2/`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe(`Bearer realm="${guide.url}/token",service="berth"`)
  })

  describe('anonymous pull next to private push', () => {
    const PUBLIC = 'registry.example.com/base/debian:12'
    const PRIVATE = 'registry.example.com/team/app:1.0'

    const rows = tableAfter('A team', 'client').flatMap(([clients = '', ...cells]) =>
      clients.split(', ').map((client) => [client, ...cells]),
    )
    test('of every client', () => {
      expect(rows.map(([client]) => client)).toEqual(['docker', 'podman', 'buildah', 'skopeo', 'ctr'])
    })

    test.each(rows)('%s', async (client, notSignedIn, mayNotPush, wrongPassword) => {
      const shown = { notSignedIn, mayNotPush, wrongPassword }
      const { pull, push, signIn, signOut } = commandsOf(client ?? '')
      await works(signOut)
      await works(pull(PUBLIC))
      expect(await refused(pull(PRIVATE))).toContain(shown.notSignedIn ?? 'nothing')
      expect(await refused(signIn('bob', 'wrong', PRIVATE))).toContain(shown.wrongPassword ?? 'nothing')
      await works(signIn('bob', '$(cat bob.password)', PRIVATE))
      await works(pull(PRIVATE, 'bob'))
      expect(await refused(push('bob'))).toContain(shown.mayNotPush ?? 'nothing')
      await works(signIn('alice', '$(cat alice.password)', PRIVATE))
      await works(push('alice'))
      await works(signOut)
    })

    interface Commands {
      readonly pull: (name: string, user?: string) => string
      /** Of an image that the registry does not have under this name. */
      readonly push: (user: string) => string
      readonly signIn: (user: string, password: string, name: string) => string
      readonly signOut: string
    }

    function commandsOf(client: string): Commands {
      const target = `registry.example.com/team/${client}:1`
      const signIn = (user: string, password: string) =>
        `printf %s "${password}" | ${client} login -u ${user} --password-stdin registry.example.com`
      const signOut = `${client} logout registry.example.com || true`
      if (client === 'skopeo')
        return {
          pull: (name) => `skopeo inspect docker://${name}`,
          push: () => `skopeo copy docker://${PUBLIC} docker://${target}`,
          ...{ signIn, signOut },
        }
      if (client === 'ctr') {
        const as = (user?: string) => (user === undefined ? '' : `--user "${user}:$(cat ${user}.password)"`)
        return {
          pull: (name, user) => `ctr images pull ${as(user)} ${name}`,
          push: (user) => `ctr images tag --force ${PUBLIC} ${target} && ctr images push ${as(user)} ${target}`,
          signIn: (user, password, name) => `ctr images pull --user "${user}:${password}" ${name}`,
          signOut: 'true',
        }
      }
      const other = client === 'docker' ? 'other' : PUBLIC
      return {
        // buildah looks at what it has already, podman and docker ask.
        pull: (name) => `${client} pull ${client === 'buildah' ? '--policy always' : ''} ${name}`,
        push: () => `${client} tag ${other} ${target} && ${client} push ${target}`,
        ...{ signIn, signOut },
      }
    }
  })

  describe('keys, the audit and the admin API', () => {
    for (const title of ['Terminals and keys', 'The audit', 'The admin API'])
      for (const step of steps(section(title))) test(`$ ${step.command}`, () => guide.follow(step))
  })

  test('a head that was noted is in the chain still', async () => {
    const head = /^Head: (\S+)$/m.exec((await guide.shell('berth audit verify')).all)?.[1] ?? 'none'
    await works(`berth audit verify --head ${head}`)
    expect(await refused(`berth audit verify --head ${head.replace(/:./, ':f').slice(0, -4)}ffff`)).toContain(
      'is not what was written',
    )
  })

  describe('guessing', () => {
    const request = (address: string, user: string) =>
      `-s -o /dev/null -w '%{http_code} %header{retry-after}\\n' -H 'X-Forwarded-For: ${address}' -u ${user} https://registry.example.com/token`
    /** One after the other by one curl, since pauses are short at first. */
    const ask = async (...requests: readonly string[]) =>
      (await guide.shell(`curl ${requests.join(' --next ')}`)).stdout.trimEnd().split('\n')
    const RIGHT = '"bob:$(cat bob.password)"'

    test('costs a pause after five mistakes, the same account elsewhere none, and no key ever', async () => {
      const wrong = request('198.51.100.7', 'bob:wrong')
      const answers = await ask(wrong, wrong, wrong, wrong, wrong, wrong, request('198.51.100.7', RIGHT))
      expect(answers.slice(0, 6)).toEqual(Array(6).fill('401 '))
      expect(answers[6]).toMatch(/^429 \d+$/)
      expect(await ask(request('198.51.100.8', RIGHT))).toEqual(['200'])
      await works('berth key add bob here > bob.key')
      expect(await ask(wrong, request('198.51.100.7', '"bob:$(cat bob.key)"'))).toContain('200')
    })

    test('is said by docker', () =>
      untilTrue(
        'docker says so',
        async () =>
          (await refused('echo wrong | docker login registry.example.com -u nobody --password-stdin')).includes(
            'toomanyrequests: too many failed sign-ins',
          ),
        30_000,
      ))
  })

  describe('the end of a role', () => {
    test('podman uses the sign-in of docker, and cannot replace it', async () => {
      await works('podman pull registry.example.com/team/app:1.0')
      expect(await refused('podman login registry.example.com -u carol --password-stdin < carol.password')).toContain(
        'currently logged in, auth file contains an Identity token',
      )
      await works('docker logout registry.example.com')
      await works('podman login registry.example.com -u carol --password-stdin < carol.password')
    })
    test('a push below her own name makes a project, one elsewhere does not', async () => {
      await works('skopeo copy docker://registry.example.com/base/debian:12 docker://registry.example.com/carol/app:1')
      await refused('skopeo copy docker://registry.example.com/base/debian:12 docker://registry.example.com/dave/app:1')
      const { all } = await guide.shell('berth project list')
      expect(all).toMatch(/^carol +private$/m)
      expect(all).not.toContain('dave')
    })
    for (const step of team.slice(end)) test(`$ ${step.command}`, () => guide.follow(step))
  })

  async function works(command: string): Promise<void> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).toBe(0)
  }

  async function refused(command: string): Promise<string> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).not.toBe(0)
    return ran.all
  }
})
