import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'
import { ask } from './support/raw.ts'
import { useServer } from './support/server.ts'
import { ALICE, ALICE_PAIR, withUsers } from './support/users.ts'

const POLICY = {
  version: '1.0',
  trustPolicies: [
    {
      name: 'all',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:berth.test'],
      trustedIdentities: ['*'],
    },
  ],
}

describeClient('notation', ['notation', 'skopeo', 'busybox', 'htpasswd'], () => {
  const folder = useFolder()
  const server = useServer()
  const closed = useServer({ args: () => withUsers(folder) })
  const options = {
    cwd: folder.path,
    env: { XDG_CONFIG_HOME: folder.at('config'), XDG_CACHE_HOME: folder.at('cache') },
  }
  const command = (...args: readonly string[]) => [program('notation'), ...args]
  const notation = (...args: readonly string[]) => must(command(...args), options)

  test('signs an image twice, lists and verifies the signatures', async () => {
    await notation('cert', 'generate-test', '--default', 'berth.test')
    await writeFile(folder.at('policy.json'), JSON.stringify(POLICY))
    await notation('policy', 'import', 'policy.json')
    const { name, digest } = await push(`${server.host}/notation/image`)
    expect(await mustFail(command('verify', '--insecure-registry', name), options)).toContain('no signature')
    await notation('sign', '--insecure-registry', name)
    await notation('sign', '--insecure-registry', '--signature-format', 'cose', name)
    expect(await notation('verify', '--insecure-registry', name)).toContain('Successfully verified')
    expect((await notation('ls', '--insecure-registry', name)).match(/sha256:/g)).toHaveLength(3)
    const listed = await ask({ url: server.url, repository: 'notation/image' }, `referrers/${digest}`)
    expect(((await listed.json()) as { manifests: unknown[] }).manifests).toHaveLength(2)
  })

  test('signs and verifies where signing in is needed', async () => {
    const { name } = await push(`${closed.host}/notation/private`, '--dest-creds', ALICE_PAIR)
    const sign = ['sign', '--insecure-registry', name]
    expect(await mustFail(command(...sign), options)).toMatch(/401|unauthorized|credential/i)
    const credentials = ['--username', ALICE.username, '--password', ALICE.password]
    await notation(...sign, ...credentials)
    expect(await notation('verify', '--insecure-registry', ...credentials, name)).toContain('Successfully verified')
  })

  async function push(repository: string, ...credentials: readonly string[]) {
    const layout = await smallImage(await folder.make(crypto.randomUUID()))
    const copy = ['copy', '--preserve-digests', '--dest-tls-verify=false', ...credentials]
    await must([program('skopeo'), ...copy, layout.reference, `docker://${repository}:v1`])
    return { name: `${repository}@${layout.root.digest}`, digest: layout.root.digest }
  }
})
