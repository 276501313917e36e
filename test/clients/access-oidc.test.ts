import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TestBrowser } from '../e2e/support/browser.ts'
import { startOidcProvider, type TestOidcProvider } from '../support/oidc.ts'
import { describeClient, program } from './support/clients.ts'
import { must } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { loginByBrowser } from './support/device-login.ts'
import { useFolder } from './support/folder.ts'
import { useGuideServer } from './support/guide-server.ts'
import { smallImage } from './support/images.ts'

const ACCOUNTS = {
  frank: { preferred_username: 'frank', email: 'frank@example.com', email_verified: true, groups: ['devs'] },
  'g.smith': { preferred_username: 'g.smith', email: 'gina@example.com', email_verified: true },
  mallory: { preferred_username: 'mallory', email: 'gina@example.com', email_verified: false },
}
const PROGRAMS = ['docker', 'dockerd', 'containerd', 'skopeo', 'busybox', 'bash']

describeClient('an OpenID provider, by docs/access.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  let provider: TestOidcProvider | undefined
  const guide = useGuideServer(folder, {
    sections: ['OpenID Connect'],
    // Another address; this provider tells groups to those only who ask for that scope.
    instead: async () => {
      const client = {
        clientId: 'berth',
        clientSecret: 'the secret of sso',
        redirectUris: [`${guide.url}/auth/callback/sso`],
      }
      provider = await startOidcProvider({ clients: [client], accounts: ACCOUNTS })
      return { auth: { oidc: { sso: { issuer: provider.issuer, scopes: 'openid profile email groups' } } } }
    },
    files: { 'sso.secret': 'the secret of sso', 'entra.secret': 'the secret of entra' },
  })
  afterAll(() => provider?.close())

  beforeAll(async () => {
    guide.setEnv(docker.env)
    const layout = await smallImage(await folder.make('image'))
    await must([program('skopeo'), 'copy', layout.reference, `docker-archive:${layout.folder}.tar:app:latest`])
    await docker('load', '--input', `${layout.folder}.tar`)
    await works('docker tag app registry.example.com/team/app:1.0')
    await works('berth project add team --private')
    await works('berth grant add team group:sso:devs writer')
  }, 60_000)

  test('somebody signs in, is in the groups that the provider says, and pushes from a terminal', async () => {
    const { browser, home } = await signIn('frank')
    expect(home).toContain('<dd>frank</dd>')
    expect(home).toContain('sso:devs')
    await loginByBrowser({ folder, guide, command: 'berth login registry.example.com', browser })
    await works('docker push registry.example.com/team/app:1.0')
    await works('berth logout registry.example.com')
  })

  test('a verified address is that of a user who has it, one that is not verified is not', async () => {
    await works('berth user add gina --no-password --email gina@example.com')
    expect((await signIn('mallory')).home).toContain('<dd>mallory</dd>')
    expect((await signIn('g.smith')).home).toContain('<dd>gina</dd>')
  })

  async function signIn(login: string): Promise<{ browser: TestBrowser; home: string }> {
    const browser = new TestBrowser(guide.url)
    const { location } = await browser.get('/auth/login/sso?next=%2Fauth%2F')
    const back = await provider?.signIn(new URL(location), login)
    await browser.get(`${back?.pathname}${back?.search}`)
    return { browser, home: (await browser.get('/auth/')).text }
  }

  async function works(command: string): Promise<void> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).toBe(0)
  }
})
