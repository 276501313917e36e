import { expect, test } from 'bun:test'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { digestOfFile } from './support/layout.ts'
import { useServer } from './support/server.ts'
import { ALICE, withUsers } from './support/users.ts'

describeClient('helm', ['helm', 'htpasswd'], () => {
  const folder = useFolder()
  const server = useServer()
  const closed = useServer({ args: () => withUsers(folder) })
  const homes = {
    HELM_CONFIG_HOME: folder.at('config'),
    HELM_CACHE_HOME: folder.at('cache'),
    HELM_DATA_HOME: folder.at('data'),
  }
  const options = { cwd: folder.path, env: homes }
  const command = (...args: readonly string[]) => [program('helm'), ...args]
  const helm = (...args: readonly string[]) => must(command(...args), options)

  test('pushes charts, pulls them by version and by range, and renders one', async () => {
    const repository = `oci://${server.host}/charts`
    await helm('create', 'harbour')
    for (const version of ['0.1.0', '0.2.0', '0.2.1+build.5']) {
      await helm('package', '--version', version, 'harbour')
      await helm('push', '--plain-http', `harbour-${version}.tgz`, repository)
    }
    for (const [asked, version] of [
      ['0.1.0', '0.1.0'],
      ['~0.2.0', '0.2.1+build.5'],
    ] as const) {
      const to = await folder.make(`pulled-${version}`)
      await helm('pull', '--plain-http', '--version', asked, '--destination', to, `${repository}/harbour`)
      const file = `harbour-${version}.tgz`
      expect(await digestOfFile(folder.at(`pulled-${version}`, file))).toEqual(await digestOfFile(folder.at(file)))
    }
    expect(await helm('show', 'chart', '--plain-http', `${repository}/harbour`)).toContain('name: harbour')
    expect(await helm('template', '--plain-http', 'one', `${repository}/harbour`)).toContain('kind: Deployment')
  })

  test('signs in, pushes and pulls through a token', async () => {
    await helm('create', 'private')
    await helm('package', 'private')
    const push = ['push', '--plain-http', 'private-0.1.0.tgz', `oci://${closed.host}/charts`]
    expect(await mustFail(command(...push), options)).toMatch(/401|unauthorized|credential/i)
    const login = ['registry', 'login', '--plain-http', '--username', ALICE.username, '--password-stdin', closed.host]
    expect(await mustFail(command(...login), { ...options, stdin: 'wrong' })).toMatch(/401|unauthorized/i)
    await must(command(...login), { ...options, stdin: ALICE.password })
    await helm(...push)
    await folder.make('out')
    await helm('pull', '--plain-http', '--destination', 'out', `oci://${closed.host}/charts/private`)
    expect(await digestOfFile(folder.at('out', 'private-0.1.0.tgz'))).toEqual(
      await digestOfFile(folder.at('private-0.1.0.tgz')),
    )
  })
})
