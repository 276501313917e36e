import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { MIRROR_PROGRAMS, SMALL, useMirror } from './support/mirror.ts'

/** What is said of an image at an upstream that has no referrers API is found through the cache. */
describeClient('signatures at an upstream', [...MIRROR_PROGRAMS, 'cosign', 'oras'], () => {
  const folder = useFolder()
  const mirror = useMirror(folder)
  const options = {
    cwd: folder.path,
    env: { COSIGN_PASSWORD: 'x', DOCKER_CONFIG: folder.at('logins'), HOME: folder.path },
  }
  const cosign = (...args: readonly string[]) => [program('cosign'), ...args]
  const oras = (...args: readonly string[]) => must([program('oras'), ...args], options)
  const verify = ['verify', '--key', 'cosign.pub', '--insecure-ignore-tlog', '--allow-http-registry']
  const there = () => `${mirror.origin}/${SMALL}:v1`
  /** Where nothing is fresh. */
  const here = () => `${mirror.server.host}/mirrored/${SMALL}:v1`

  test('oras discovers what was attached there', async () => {
    await writeFile(folder.at('sbom.json'), '{}')
    const type = 'application/vnd.test.sbom'
    await oras('attach', '--plain-http', '--artifact-type', type, there(), 'sbom.json:application/json')
    expect(await oras('discover', '--plain-http', '--format', 'json', here())).toContain(type)
  })

  test('cosign verifies what was signed there, also when it is down', async () => {
    await must(cosign('generate-key-pair'), options)
    await mustFail(cosign(...verify, here()), options)
    const flags = ['--use-signing-config=false', '--tlog-upload=false', '--allow-http-registry', '--yes']
    await must(cosign('sign', '--key', 'cosign.key', ...flags, there()), options)
    expect(await must(cosign(...verify, here()), options)).toContain('https://sigstore.dev/cosign/sign/v1')
    mirror.shut()
    expect(await must(cosign(...verify, here()), options)).toContain('https://sigstore.dev/cosign/sign/v1')
  })
})
