import { expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { berth, type CommandResult } from '../e2e/support/command.ts'
import { ISSUER, PrivateSigstore } from '../scanning/support/private-sigstore.ts'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { smallImage } from './support/images.ts'
import { useServer } from './support/server.ts'

const FORMS = [[], ['--new-bundle-format=false']] as const

/** RFC 3161 over HTTP. */
async function answerWith(pki: PrivateSigstore, request: Request): Promise<Response> {
  const reply = await pki.answer(new Uint8Array(await request.arrayBuffer()))
  return new Response(reply, { status: 201, headers: { 'content-type': 'application/timestamp-reply' } })
}

/** Cosign signs and Berth verifies, and the reverse. */
describeClient('signatures with cosign', ['cosign', 'skopeo', 'busybox'], () => {
  const folder = useFolder()
  const server = useServer()
  const surroundings = { COSIGN_PASSWORD: 'x', DOCKER_CONFIG: folder.at('logins'), HOME: folder.path }
  const options = { cwd: folder.path, env: surroundings }
  const command = (...args: readonly string[]) => [program('cosign'), ...args]
  const cosign = (...args: readonly string[]) => must(command(...args), options)
  const signing = ['--use-signing-config=false', '--tlog-upload=false', '--allow-http-registry', '--yes']
  const verifying = ['--insecure-ignore-tlog', '--allow-http-registry']
  const older = '--new-bundle-format=false'
  const ours = (...args: readonly string[]) => berth(args, { env: surroundings })

  async function worked(result: Promise<CommandResult>): Promise<string> {
    const { code, stdout, stderr } = await result
    expect([stdout, stderr, code]).toEqual([stdout, stderr, 0])
    return stdout
  }

  async function refused(result: Promise<CommandResult>): Promise<string> {
    const { code, stdout, stderr } = await result
    expect([stdout, stderr, code]).not.toEqual([stdout, stderr, 0])
    return `${stdout}${stderr}`
  }

  async function push(name: string): Promise<string> {
    const layout = await smallImage(await folder.make(crypto.randomUUID()))
    const copy = ['copy', '--preserve-digests', '--dest-tls-verify=false']
    await must([program('skopeo'), ...copy, layout.reference, `docker://${server.host}/${name}:v1`])
    return `${server.host}/${name}@${layout.root.digest}`
  }

  async function keyPair(name: string): Promise<{ readonly key: string; readonly pub: string }> {
    await cosign('generate-key-pair', '--output-key-prefix', name)
    return { key: folder.at(`${name}.key`), pub: folder.at(`${name}.pub`) }
  }

  test('what cosign signs as a bundle, Berth verifies, and nothing else', async () => {
    const image = await push('trust/bundle')
    const [mine, other] = [await keyPair('mine'), await keyPair('other')]
    expect(await refused(ours('verify', image, '--key', mine.pub))).toContain('There are no signatures')
    await cosign('sign', '--key', mine.key, ...signing, image)
    const said = await worked(ours('verify', image, '--key', mine.pub))
    expect(said).toContain('sigstore-bundle')
    expect(said).toContain('Verified sha256:')
    expect(await refused(ours('verify', image, '--key', other.pub))).toContain('NOT trusted')
  })

  test('what cosign signs the older way, with two keys, Berth verifies with each', async () => {
    const image = await push('trust/classic')
    const [one, two, three] = [await keyPair('one'), await keyPair('two'), await keyPair('three')]
    await cosign('sign', '--key', one.key, ...signing, older, image)
    await cosign('sign', '--key', two.key, ...signing, older, image)
    expect(await worked(ours('verify', image, '--key', one.pub))).toContain('cosign, sha256:')
    await worked(ours('verify', image, '--key', two.pub))
    await refused(ours('verify', image, '--key', three.pub))
  })

  test('an attestation is no signature, and the other way round', async () => {
    const image = await push('trust/attested')
    const { key, pub } = await keyPair('attester')
    await writeFile(folder.at('predicate.json'), '{"built":"here"}')
    for (const form of [[], [older]])
      await cosign(
        'attest',
        '--key',
        key,
        ...signing,
        ...form,
        '--type',
        'slsaprovenance1',
        '--predicate',
        'predicate.json',
        image,
      )
    await refused(ours('verify', image, '--key', pub))
    const type = 'https://slsa.dev/provenance/v1'
    const said = await worked(ours('verify', image, '--key', pub, '--predicate-type', type))
    expect(said.match(/trusted: /g)).toHaveLength(2)
    await refused(ours('verify', image, '--key', pub, '--predicate-type', 'https://example.com/other'))
  })

  test('what Berth signs, cosign verifies in both forms, beside what it signed itself', async () => {
    const image = await push('trust/ours')
    await worked(ours('sign', '--generate-key', folder.at('berth.key')))
    const theirs = await keyPair('theirs')
    await cosign('sign', '--key', theirs.key, ...signing, older, image)
    await worked(ours('sign', image, '--key', folder.at('berth.key'), '--format', 'both'))
    for (const pub of ['berth.pub', 'theirs.pub']) await cosign('verify', '--key', pub, ...verifying, older, image)
    expect(await cosign('verify', '--key', 'berth.pub', ...verifying, image)).toContain('cosign/sign/v1')
    await mustFail(command('verify', '--key', 'theirs.pub', ...verifying, image), options)
    await worked(ours('verify', image, '--key', folder.at('berth.pub')))
  })

  test('Berth signs with cosign’s keys, and with plain ones of every kind', async () => {
    const image = await push('trust/keys')
    const theirs = await keyPair('encrypted')
    await worked(ours('sign', image, '--key', theirs.key))
    await cosign('verify', '--key', 'encrypted.pub', ...verifying, image)
    for (const [name, pair] of Object.entries({
      p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      rsa: generateKeyPairSync('rsa', { modulusLength: 3072 }),
      ed25519: generateKeyPairSync('ed25519'),
    })) {
      await writeFile(folder.at(`${name}.key`), pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
      await writeFile(folder.at(`${name}.pub`), pair.publicKey.export({ type: 'spki', format: 'pem' }))
      await worked(ours('sign', image, '--key', folder.at(`${name}.key`)))
      await worked(ours('verify', image, '--key', folder.at(`${name}.pub`)))
      await cosign('verify', '--key', `${name}.pub`, ...verifying, image)
    }
  })

  test('what cosign signs with a certificate of one’s own authority, stamped by one’s own clock, Berth verifies', async () => {
    const pki = await PrivateSigstore.open()
    const clock = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => answerWith(pki, request) })
    try {
      const leaf = await pki.leaf('email:ci@example.test')
      await writeFile(folder.at('leaf.pem'), leaf.pem)
      await writeFile(folder.at('chain.pem'), await pki.rootPem())
      await writeFile(folder.at('leaf-plain.key'), leaf.key.export({ type: 'pkcs8', format: 'pem' }))
      await cosign('import-key-pair', '--key', 'leaf-plain.key', '--output-key-prefix', 'leaf', '--yes')
      await writeFile(folder.at('root.json'), JSON.stringify(await pki.root({ clock: true })))
      const by = ['--key', 'leaf.key', '--certificate', 'leaf.pem', '--certificate-chain', 'chain.pem']
      const stamped = ['--timestamp-server-url', `http://127.0.0.1:${clock.port}`]
      const who = ['--certificate-identity', 'ci@example.test', '--certificate-oidc-issuer', ISSUER]
      const root = ['--trusted-root', folder.at('root.json')]
      for (const form of FORMS) {
        const image = await push(`trust/authority${form.length}`)
        await cosign('sign', ...by, ...stamped, ...signing, ...form, image)
        expect(await worked(ours('verify', image, ...who, ...root))).toContain(`ci@example.test (${ISSUER}) signed`)
        await refused(ours('verify', image, ...who.with(1, 'ci@example'), ...root))
        await refused(ours('verify', image, ...who))
      }
    } finally {
      await clock.stop(true)
      await pki.close()
    }
  })

  test('a wrong password and a key in place of another are told', async () => {
    const image = await push('trust/mistakes')
    const { key, pub } = await keyPair('mistaken')
    const wrong = berth(['sign', image, '--key', key], { env: { ...surroundings, COSIGN_PASSWORD: 'y' } })
    expect(await refused(wrong)).toContain('the password is wrong')
    expect(await refused(ours('sign', image, '--key', pub))).toContain('cannot be read')
    expect(await refused(ours('verify', image, '--key', key))).toContain('public')
    expect(await refused(ours('sign', '--generate-key', key))).toContain('already')
  })
})
