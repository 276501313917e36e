import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berth } from '../e2e/support/command.ts'
import { image, pushImage } from '../e2e/support/images.ts'
import { registryAt } from '../e2e/support/server.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { ISSUER, PrivateSigstore } from './support/private-sigstore.ts'

setDefaultTimeout(120_000)

const APP = image('signing/commands')
let server: RunningRegistry
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-signing-'))
  server = await startRegistry()
  await pushImage({ registry: registryAt(server.url), name: 'team/app' }, APP, 'v1')
  await ok('project', 'add', 'team', '--data', server.dataDir)
  for (const name of ['release', 'other']) await ok('sign', '--generate-key', at(`${name}.key`))
})
afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

const at = (name: string) => join(folder, name)
const env = { COSIGN_PASSWORD: 'a password' }

async function ok(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await berth(args, { env })
  expect([stderr, stdout, code]).toEqual([stderr, stdout, 0])
  return stdout
}

async function refused(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await berth(args, { env })
  expect([stdout, code === 0]).toEqual([stdout, false])
  return `${stdout}${stderr}`
}

test('a new key is for its owner only, and encrypted', async () => {
  expect((await stat(at('release.key'))).mode & 0o077).toBe(0)
  expect(await readFile(at('release.key'), 'utf8')).toStartWith('-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----')
  expect(await readFile(at('release.pub'), 'utf8')).toStartWith('-----BEGIN PUBLIC KEY-----')
})

test('a project trusts a key, and its images are signed, beside the server', async () => {
  const data = ['--data', server.dataDir]
  const shown = ['signatures', 'team/app:v1', ...data]
  expect(await ok('trust', 'add', 'team', 'release', '--key', at('release.pub'), ...data)).toContain('key sha256:')
  expect(await ok('trust', 'list', 'team', ...data)).toContain('cosign-key')
  expect(await ok(...shown)).toContain('There are no signatures')
  await ok('sign', 'local:team/app:v1', '--key', at('release.key'), ...data)
  await ok('sign', 'local:team/app:v1', '--key', at('other.key'), '--format', 'classic', ...data)
  const said = await ok(...shown)
  expect(said).toContain('trusted as release')
  expect(said).toContain('NOT trusted: a key signed, as it says')
  await ok('verify', 'local:team/app:v1', '--key', at('release.pub'), ...data)
  await ok('verify', `${server.host}/team/app@${APP.manifest.digest}`, '--key', at('other.pub'))
  await ok('trust', 'remove', 'team', 'release', ...data)
  expect(await ok(...shown)).not.toContain('trusted as')
  expect(await refused('trust', 'remove', 'team', 'release', ...data)).toContain('there is no "release"')
})

test('authorities of one’s own are said by a file', async () => {
  const pki = await PrivateSigstore.open()
  await writeFile(at('trusted_root.json'), JSON.stringify(await pki.root({ clock: true })))
  await pki.close()
  const data = ['--data', server.dataDir]
  const who = ['--certificate-identity', 'ci@example.test', '--certificate-oidc-issuer', ISSUER]
  const root = ['--trusted-root', at('trusted_root.json')]
  expect(await ok('trust', 'add', 'team', 'ours', ...who, ...root, ...data)).toContain('authorities of its own')
  expect(await ok('trust', 'add', 'team', 'public', ...who, ...data)).toContain('public instance, as of 20')
  expect(await refused('verify', `${server.host}/team/app:v1`, ...who, ...root)).toContain('it was made with a key')
})

test.each([
  [['verify', 'HOST/team/app:v1'], 'say who is trusted'],
  [['verify', 'HOST/team/app:v1', '--key', 'KEY', '--certificate-identity', 'x'], 'say who is trusted'],
  [['verify', 'HOST/team/app:v1', '--certificate-identity', 'ci@example.test'], 'issuer'],
  [['verify', 'HOST/team/none:v1', '--key', 'KEY'], 'there is no image'],
  [['verify', 'oci:somewhere', '--key', 'KEY'], 'an image to sign or to verify is'],
  [['verify', 'HOST/team/app:v1', '--key', 'nowhere.pub'], 'there is no file'],
  [['sign', 'HOST/team/app:v1'], 'say which image, and --key'],
  [['sign', 'HOST/team/app:v1', '--key', 'KEY'], 'cannot be read'],
])('%j: %s', async (args, message) => {
  const real = args.map((word) => (word === 'KEY' ? at('other.pub') : word.replace('HOST', server.host)))
  expect(await refused(...real)).toContain(message)
})
