import { beforeAll, expect, test } from 'bun:test'
import { TestBrowser } from '../e2e/support/browser.ts'
import { describeClient, program } from './support/clients.ts'
import { must } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { loginByBrowser } from './support/device-login.ts'
import { useFolder } from './support/folder.ts'
import { differenceOf, section, steps } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'
import { smallImage } from './support/images.ts'

const PROGRAMS = ['docker', 'dockerd', 'containerd', 'skopeo', 'busybox', 'bash']

describeClient('a terminal, by docs/access.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  const guide = useGuideServer(folder)

  beforeAll(async () => {
    guide.setEnv(docker.env)
    const layout = await smallImage(await folder.make('image'))
    await must([program('skopeo'), 'copy', layout.reference, `docker-archive:${layout.folder}.tar:app:latest`])
    await docker('load', '--input', `${layout.folder}.tar`)
    for (const command of [
      'berth user add alice < alice.password',
      'berth project add team',
      'berth grant add team user:alice writer',
      'docker login registry.example.com -u alice --password-stdin < alice.password',
      'docker tag app registry.example.com/team/app:1.0',
      'docker push registry.example.com/team/app:1.0',
      'docker logout registry.example.com',
    ]) {
      const ran = await guide.shell(command)
      expect(ran.code, ran.all).toBe(0)
    }
  }, 60_000)

  test('is signed in by a browser, and docker with it', async () => {
    const [login, ...rest] = steps(section('Terminals and keys'), 'device')
    if (login === undefined) throw new Error('the page shows no sign-in')
    const browser = new TestBrowser(guide.url)
    await browser.signIn('alice', (await Bun.file(folder.at('alice.password')).text()).trim())
    const printed = await loginByBrowser({ folder, guide, command: login.command, browser })
    expect(differenceOf({ ...login, output: login.output.map(guide.localised) }, printed)).toBeUndefined()
    for (const step of rest) await guide.follow(step)
    const signedOut = await guide.shell('docker pull registry.example.com/team/app:1.0')
    expect(signedOut.code, signedOut.all).not.toBe(0)
  })
})
