import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { until, untilTrue } from '../e2e/support/until.ts'
import { freePort } from '../support/postgres.ts'
import { describeClient, program } from './support/clients.ts'
import { must, run } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { differenceOf, type Step, wholePage } from './support/guide.ts'
import { followIn, followTyping } from './support/guide-shell.ts'
import { smallImage } from './support/images.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const PROGRAMS = ['docker', 'dockerd', 'containerd', 'skopeo', 'busybox', 'npm', 'bash']
const PATIENCE_MS = 60_000

// Other than on the page: the port and the data folder are the test's own, a small image plays alpine, some files of this
// machine play debian:bookworm-slim, and as this engine has no network of its own, the container has the machine's.
describeClient('the first push, by docs/guides/first-push.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  const page = wholePage('guides/first-push')
  let address = ''
  // The container has the machine's network, of which the engine keeps a mount.
  folder.beforeRemoval(async () => {
    await run(['umount', folder.at('exec', 'netns', 'default')])
  })
  const localised = (text: string) =>
    text
      .replace('-p 127.0.0.1:5000:5000', `--network host -e BERTH_LISTEN=${address.replace('127.0.0.1', '0.0.0.0')}`)
      .replaceAll('127.0.0.1:5000', address)
      .replace('docker run --rm', 'docker run --rm --network none')
  const env = () => ({ ...docker.env, BERTH_DATA: folder.at('registry'), BERTH_LISTEN: address, HOME: folder.path })
  const argv = (command: string) => ['bash', '-c', `${page.block('berth')}\n${command}`]
  const shell = (command: string) =>
    run(['bash', '-o', 'pipefail', '-c', `exec 2>&1\n${page.block('berth')}\n${localised(command)}`], {
      cwd: ROOT,
      env: env(),
    })
  const follow = (name: string) => {
    for (const step of page.steps(name)) test(`$ ${step.command}`, () => followIn({ shell, localised }, step))
  }
  const type = (name: string, answer: () => string) => {
    for (const step of page.steps(name))
      test(`$ ${step.command}`, () =>
        followTyping({ argv, localised, env: env(), cwd: ROOT, question: 'Password: ', answer: answer() }, step))
  }

  beforeAll(async () => {
    address = `127.0.0.1:${await freePort()}`
    const { reference } = await smallImage(await folder.make('image'))
    await must([program('skopeo'), 'copy', '-q', reference, `docker-archive:${folder.at('alpine.tar')}:alpine:latest`])
    await docker('load', '--input', folder.at('alpine.tar'))
  }, PATIENCE_MS)

  describe('from source', () => {
    let stop = async () => {}
    afterAll(() => stop(), PATIENCE_MS)

    for (const step of page.steps('start'))
      test(`$ ${step.command}`, async () => {
        stop = await startAndCompare(step)
      })
    type('user', () => 'a password of Alice')
    for (const name of ['push', 'pull']) follow(name)
    // test/ui looks at what they show.
    test('a browser gets the pages', async () => {
      const answer = await fetch(`http://${address}/`, { headers: { accept: 'text/html' } })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    })
    for (const name of ['look', 'undo']) follow(name)
  })

  describe('in a container', () => {
    follow('build')
    test('here a small Debian plays debian:bookworm-slim', async () => {
      await must(['tar', '-C', await smallDebian(await folder.make('debian')), '-cf', folder.at('debian.tar'), '.'])
      await docker('import', folder.at('debian.tar'), 'debian:bookworm-slim')
    })
    follow('container')
    let password = ''
    test('prints a password', async () => {
      const printed = async () => /password {2}(\S+)/.exec((await shell('docker logs berth')).stdout)?.[1]
      password = await until('the container prints the password', printed, PATIENCE_MS)
    })
    follow('log')
    type('container-user', () => password)
    test('ends', async () => {
      await docker('rm', '--force', 'berth')
    })
  })

  test('every block of the page was run', () => {
    expect(page.left()).toEqual([])
  })

  /** As much of this machine's Debian as deploy/Dockerfile asks for: a whole one takes this engine minutes. */
  async function smallDebian(root: string): Promise<string> {
    const programs = ['sh', 'useradd', 'install'].map(program)
    const libraries = await must(['ldd', ...programs, `${ROOT}dist/berth`])
    const files = new Set([...programs, ...(libraries.match(/\/\S+\.so\S*/g) ?? []), '/etc/login.defs'])
    for (const name of ['etc', 'lib', 'lib64', 'tmp', 'usr/bin', 'usr/sbin', 'var/lib'])
      await mkdir(`${root}/${name}`, { recursive: true })
    for (const name of ['bin', 'sbin']) await symlink(`usr/${name}`, `${root}/${name}`)
    for (const file of files) await must(['cp', '--dereference', '--parents', file, root])
    await writeFile(`${root}/etc/passwd`, 'root:x:0:0:root:/root:/bin/sh\n')
    await writeFile(`${root}/etc/group`, 'root:x:0:\n')
    return root
  }

  /** What runs until it is told to end: it is ready when it has printed what the page shows. */
  async function startAndCompare(step: Step): Promise<() => Promise<void>> {
    const log = Bun.file(folder.at('berth.log'))
    const streams = { stdin: 'ignore', stdout: log, stderr: log } as const
    // A group of its own, as a terminal makes one: Ctrl-C goes to all of it.
    const options = { ...streams, detached: true, cwd: ROOT, env: { ...process.env, ...env() } }
    const child = Bun.spawn(argv(step.command), options)
    const output = step.output.map(localised)
    const printed = async () => differenceOf({ command: step.command, output }, await log.text()) === undefined
    await untilTrue('the registry says that it runs', printed, PATIENCE_MS)
    return async () => {
      process.kill(-child.pid, 'SIGINT')
      await child.exited
    }
  }
})
