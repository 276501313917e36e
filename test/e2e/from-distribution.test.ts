/** docs/from-distribution.md: a registry of distribution is Berth from one start to the next. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { block, section, steps } from '../clients/support/guide.ts'
import { startDockerRegistry, testWithDockerRegistry } from '../support/docker-registry.ts'
import { ON_POSTGRES } from '../support/postgres.ts'
import { startRegistry } from '../support/registry.ts'
import { berth } from './support/command.ts'
import { image, pushImage } from './support/images.ts'
import { PATIENCE_MS, registryAt } from './support/server.ts'

setDefaultTimeout(6 * PATIENCE_MS)

const IMAGE = image('from-distribution')
const NEW = image('from-distribution/new')
const GUIDE = section('For good', 'from-distribution')
const CACHE = section('A pull-through cache', 'from-distribution')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-from-distribution-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The file of the page, with another folder. */
async function theirs(root: string): Promise<string> {
  const path = join(folder, 'config.yml')
  await writeFile(path, block(GUIDE, 'config.yml').replace('/srv/registry', root))
  return path
}

describe('a folder of docker-registry 2.8', () => {
  let root: string
  beforeAll(async () => {
    root = join(folder, 'registry')
    if (Bun.which('docker-registry') === null) return
    const old = await startDockerRegistry({ filesystem: { rootdirectory: root } })
    await pushImage({ registry: registryAt(old.url), name: 'team/app' }, IMAGE, 'v1')
    await old.stop()
  })

  async function servesOldAndNew(args: readonly string[], name: string): Promise<string> {
    const running = await startRegistry({ dataDir: join(root, 'berth'), args })
    try {
      const registry = registryAt(running.url)
      const manifest = await registry.send('GET', '/v2/team/app/manifests/v1')
      expect([manifest.status, manifest.text]).toEqual([200, new TextDecoder().decode(IMAGE.manifest.bytes)])
      const blob = await registry.send('GET', `/v2/team/app/blobs/${IMAGE.layer.digest}`)
      expect([blob.status, Buffer.compare(blob.bytes, IMAGE.layer.bytes)]).toEqual([200, 0])
      await pushImage({ registry, name }, NEW, 'v1')
      expect((await registry.send('HEAD', `/v2/${name}/manifests/v1`)).status).toBe(200)
      expect(await running.stop()).toBe(0)
      return running.output()
    } finally {
      await running.close()
    }
  }

  testWithDockerRegistry('is served by its own configuration, which is answered key by key', async () => {
    const output = await servesOldAndNew(['--config', await theirs(root)], 'team/first')
    expect(output).toContain(
      'distribution: storage.filesystem.rootdirectory → data: its folder berth, and adopt.registry: the images that lie there',
    )
    expect(output).toContain('distribution: http.secret → nothing: ')
    expect(output).not.toContain('asecretforlocaldevelopment')
  })

  testWithDockerRegistry('is served by what that is converted to', async () => {
    const { code, stdout, stderr } = await berth(['config', 'convert', await theirs(root)])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).not.toContain('asecretforlocaldevelopment')
    await writeFile(join(folder, 'berth.yaml'), stdout)
    await servesOldAndNew(['--config', join(folder, 'berth.yaml')], 'team/second')
  })

  testWithDockerRegistry('is not adopted where it is a pull-through cache', async () => {
    const path = join(folder, 'cache.yml')
    await writeFile(path, block(CACHE, 'cache.yml').replace('/srv/cache', root))
    const { code, stdout } = await berth(['config', 'convert', path])
    expect([code, stdout]).toEqual([0, expect.stringContaining('nothing is adopted: ')])
    expect(stdout).not.toContain('adopt:')
    const loaded = await berth(['config', 'print', '--config', path])
    expect(loaded.stderr).toContain('distribution: to be run once: berth source add --registry docker.io')
    expect(loaded.stdout + loaded.stderr).not.toContain('a password')
  })

  testWithDockerRegistry('is still what it was, for the way back', async () => {
    const copy = join(folder, 'copy')
    await cp(root, copy, { recursive: true })
    await rm(join(copy, 'berth'), { recursive: true })
    const old = await startDockerRegistry({ filesystem: { rootdirectory: copy } })
    const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
    expect((await registryAt(old.url, headers).send('GET', '/v2/team/app/manifests/v1')).status).toBe(200)
    expect(await (await fetch(`${old.url}/v2/_catalog`)).json()).toEqual({ repositories: ['team/app'] })
    await old.stop()
  })
})

describe('the commands of the page', () => {
  test('print what it shows', async () => {
    const root = join(folder, 'empty')
    await theirs(root)
    await writeFile(join(folder, 'cache.yml'), block(CACHE, 'cache.yml').replace('/srv/cache', root))
    for (const { command, output } of [...steps(GUIDE), ...steps(CACHE)]) {
      const child = Bun.spawn(
        ['bash', '-c', `berth() { "${process.execPath}" "${ROOT}src/main.ts" "$@"; }; ${command}`],
        {
          ...{ cwd: folder, stdout: 'pipe', stderr: 'pipe' },
        },
      )
      const texts = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
      expect([command, texts, await child.exited]).toEqual([
        command,
        [output.map((line) => `${line}\n`).join(''), ''],
        0,
      ])
    }
    expect(await readFile(join(folder, 'berth.yaml'), 'utf8')).toContain(`data: ${root}/berth\n`)
    expect(await readFile(join(folder, 'cache.yaml'), 'utf8')).not.toContain('a password')
  })

  const ROOT = new URL('../..', import.meta.url).pathname
})

describe('what cannot be taken over', () => {
  test('is said by the command, which ends with 1, and stops a start', async () => {
    const file = join(folder, 'oss.yml')
    await writeFile(file, 'version: 0.1\nstorage:\n  oss:\n    accesskeysecret: canary\n    bucket: b\n')
    const converted = await berth(['config', 'convert', file])
    expect(converted.code).toBe(1)
    expect(converted.stderr).toStartWith('storage.oss: there is no such storage here: ')
    const served = await berth(['serve', '--config', file])
    expect([served.code, served.stderr]).toEqual([1, expect.stringContaining('storage.oss: there is no such storage')])
    expect(`${converted.stdout}${converted.stderr}${served.stderr}`).not.toContain('canary')
    expect(await berth(['config', 'convert', join(folder, 'missing.yml')])).toMatchObject({ code: 1 })
  })
})

describe('variables alone', () => {
  // The database of a test's own is a variable too.
  test.skipIf(ON_POSTGRES)('are understood, and those of others are named', async () => {
    const env = {
      REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(folder, 'variables'),
      REGISTRY_PORT: 'tcp://10.0.0.1',
    }
    const { code, stdout, stderr } = await berth(['config', 'print'], { env })
    expect([code, stdout]).toEqual([0, expect.stringContaining(`data: ${join(folder, 'variables')}/berth\n`)])
    expect(stderr).toContain('distribution: storage.filesystem.rootdirectory → data')
    expect(stderr).toContain('REGISTRY_PORT is not a configuration key and was ignored')
  })
})
