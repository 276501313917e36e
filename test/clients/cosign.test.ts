import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'
import { useServer } from './support/server.ts'
import { ALICE, ALICE_PAIR, withUsers } from './support/users.ts'

describeClient('cosign', ['cosign', 'skopeo', 'busybox', 'htpasswd'], () => {
  const folder = useFolder()
  const server = useServer()
  const closed = useServer({ args: () => withUsers(folder) })
  const options = {
    cwd: folder.path,
    env: { COSIGN_PASSWORD: 'x', DOCKER_CONFIG: folder.at('logins'), HOME: folder.path },
  }
  const command = (...args: readonly string[]) => [program('cosign'), ...args]
  const cosign = (...args: readonly string[]) => must(command(...args), options)
  // Nothing outside this machine: no transparency log, no trust root to download.
  const sign = [
    '--key',
    'cosign.key',
    '--use-signing-config=false',
    '--tlog-upload=false',
    '--allow-http-registry',
    '--yes',
  ]
  const verify = ['--key', 'cosign.pub', '--insecure-ignore-tlog', '--allow-http-registry']

  test('signs as a referrer, and verifies', async () => {
    await cosign('generate-key-pair')
    const name = await push(`${server.host}/cosign/image`)
    await mustFail(command('verify', ...verify, name), options)
    await cosign('sign', ...sign, name)
    expect(await cosign('verify', ...verify, name)).toContain('https://sigstore.dev/cosign/sign/v1')
    expect(await tagsOf(`${server.host}/cosign/image`)).toEqual(['v1'])
  })

  test('attests as a referrer, and verifies', async () => {
    await writeFile(folder.at('predicate.json'), '{"built":"here"}')
    const name = await push(`${server.host}/cosign/attested`)
    await cosign('attest', ...sign, '--type', 'custom', '--predicate', 'predicate.json', name)
    expect(await cosign('verify-attestation', ...verify, '--type', 'custom', name)).toContain('payload')
  })

  test('signs the older way, as a tag beside the image, and verifies', async () => {
    const name = await push(`${server.host}/cosign/tagged`)
    const older = '--new-bundle-format=false'
    await cosign('sign', ...sign, older, name)
    await cosign('sign', ...sign, older, '--annotations', 'second=true', name)
    expect(JSON.parse(await cosign('verify', ...verify, older, name))).toHaveLength(2)
    expect(await tagsOf(`${server.host}/cosign/tagged`)).toEqual([`${name.split('@')[1]?.replace(':', '-')}.sig`, 'v1'])
  })

  test('signs and verifies where signing in is needed', async () => {
    const name = await push(`${closed.host}/cosign/private`, '--dest-creds', ALICE_PAIR)
    expect(await mustFail(command('sign', ...sign, name), options)).toContain('UNAUTHORIZED')
    const credentials = ['--registry-username', ALICE.username, '--registry-password', ALICE.password]
    await cosign('sign', ...sign, ...credentials, name)
    expect(await cosign('verify', ...verify, ...credentials, name)).toContain('cosign/sign')
  })

  async function push(repository: string, ...credentials: readonly string[]): Promise<string> {
    const layout = await smallImage(await folder.make(crypto.randomUUID()))
    const copy = ['copy', '--preserve-digests', '--dest-tls-verify=false', ...credentials]
    await must([program('skopeo'), ...copy, layout.reference, `docker://${repository}:v1`])
    return `${repository}@${layout.root.digest}`
  }

  async function tagsOf(repository: string): Promise<readonly string[]> {
    const listed = await must([program('skopeo'), 'list-tags', '--tls-verify=false', `docker://${repository}`])
    return (JSON.parse(listed) as { Tags: readonly string[] }).Tags
  }
})
