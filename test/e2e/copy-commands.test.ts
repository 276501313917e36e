import { afterAll, beforeAll, describe, expect, it } from 'bun:test'
import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { type DockerRegistry, startDockerRegistry, testWithDockerRegistry } from '../support/docker-registry.ts'
import { type Described, ImageGraph } from '../support/image-graph.ts'
import { databaseEnvironment, ON_POSTGRES } from '../support/postgres.ts'
import { type RunningRegistry, startRegistry } from '../support/registry.ts'
import { watchedProxy } from '../support/watched-proxy.ts'
import { addUser, berth, type CommandResult } from './support/command.ts'

const PASSWORD = 'correct horse battery'
const bare = ({ mediaType, digest, size }: Described) => ({ mediaType, digest, size })

let folder: string
let graph: ImageGraph
let layout: string
/** The index of two platforms with an SBOM, the SBOM's signature, and cosign's signature of one image. */
let root: Described
let sbom: Described
let amd: Described

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-copies-'))
  graph = new ImageGraph()
  amd = graph.image('amd', [graph.blob('shared'.repeat(20_000)), graph.blob('amd')])
  const arm = graph.image('arm', [graph.blob('shared'.repeat(20_000))])
  const on = (image: Described, architecture: string) => ({ ...image, platform: { os: 'linux', architecture } })
  root = graph.index([on(amd, 'amd64'), on(arm, 'arm64')])
  sbom = graph.image('sbom', [], { subject: bare(root), artifactType: 'test/sbom' })
  graph.image('signature', [], { subject: bare(sbom), artifactType: 'test/signature' })
  graph.tag('v1', root)
  graph.tag('v2', amd)
  graph.tag(`${amd.digest.replace(':', '-')}.sig`, graph.image('cosign', []))
  layout = join(folder, 'layout')
  graph.writeLayout(layout)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function done(...args: readonly string[]): Promise<CommandResult> {
  const result = await berth(args)
  if (result.code !== 0) throw new Error(`berth ${args.join(' ')}: ${result.stderr}`)
  return result
}

/** Everything of the image `v1`, read from a folder that it was copied to. */
async function expectWhole(at: string): Promise<void> {
  const names = (await readdir(join(at, 'blobs', 'sha256'))).map((name) => `sha256:${name}`).sort()
  expect(names).toEqual([...graph.reachable(root.digest, true)].sort())
  for (const name of names) {
    const bytes = await readFile(join(at, 'blobs', name.replace(':', '/')))
    expect(bytes.equals(Buffer.from(graph.contents.get(name) ?? []))).toBe(true)
  }
}

describe('another registry', () => {
  let registry: DockerRegistry | undefined
  let host = ''
  beforeAll(async () => {
    if (Bun.which('docker-registry') === null && process.env.CI !== 'true') return
    registry = await startDockerRegistry({ filesystem: { rootdirectory: join(folder, 'docker-registry') } })
    host = registry.url.replace('http://', '')
  })
  afterAll(() => registry?.stop())

  testWithDockerRegistry('(docker-registry) takes an image with what is about it, and gives it back', async () => {
    await done('copy', `oci:${layout}:v1`, `${host}/team/app`)
    const tags = (await (await fetch(`http://${host}/v2/team/app/tags/list`)).json()) as { tags: string[] }
    // It has no referrers API: these are the fallback tags of the specification, end-12's.
    for (const { digest } of [root, sbom]) expect(tags.tags).toContain(digest.replace(':', '-'))
    await done('copy', `${host}/team/app:v1`, `oci:${join(folder, 'back')}`)
    await expectWhole(join(folder, 'back'))
  })

  testWithDockerRegistry('(docker-registry) mounts within itself, and is told of nothing twice', async () => {
    const { stdout } = await done('copy', `${host}/team/app:v1`, `docker://${host}/team/second:v9`)
    expect(stdout).toContain('bytes: 0 bytes')
    expect(stdout).toContain('Copied 1 image;')
    const again = await done('copy', '--all-tags', `${host}/team/app`, `${host}/team/second`)
    expect(again.stdout).toContain('bytes: 0 bytes')
  })

  testWithDockerRegistry('(docker-registry) is imported with all it has, once', async () => {
    const data = join(folder, 'imported')
    const first = await done('import', '--create', '--data', data, '--prefix', 'old', host)
    expect(first.stdout).toMatch(/^Imported \d+ images; blobs: \d+, bytes: 117\.\d+ KiB/)
    const again = await done('import', '--data', data, '--prefix', 'old', host)
    expect(again.stdout).toMatch(/^Imported (\d+) images, of which \1 were there already; blobs: 0, bytes: 0 bytes/)
    await done('export', '--data', data, 'old/team/app:v1', '--to', join(folder, 'exported'))
    await expectWhole(join(folder, 'exported'))
    const { stdout: audit } = await done('audit', 'list', '--data', data)
    expect(audit).toMatch(/operator\s+manifest\.pushed\s+repository:old\/team\/app/)
    const only = await done('import', '--data', data, '--prefix', 'some', `${host}/*/second`)
    const { stdout: list } = await done('repository', 'list', 'some', '--data', data)
    expect(only.stdout).toContain('Imported')
    expect(list).toContain('some/team/second')
    expect(list).not.toContain('some/team/app')
  })

  testWithDockerRegistry('(docker-registry) with a push that was given up is imported, and it is said', async () => {
    const url = `http://${host}/v2/pstop/x/blobs/uploads/`
    const begun = await fetch(url, { method: 'POST' })
    const location = new URL(begun.headers.get('location') ?? '', url)
    location.searchParams.set('digest', amd.digest)
    await fetch(location, { method: 'PUT', body: new Uint8Array(graph.contents.get(amd.digest) ?? []) })
    const { stdout, stderr } = await done('import', '--create', '--data', join(folder, 'stopped'), host)
    expect(stdout).toContain('Imported')
    expect(stderr).toContain(`Left out: 1\n  ${host}: pstop/x: it has no tags`)
    const named = await berth(['import', '--data', join(folder, 'stopped'), `${host}/pstop/x`])
    expect(named.code).toBe(1)
    expect(named.stderr).toContain('has no repository "pstop/x"')
  })

  testWithDockerRegistry('(docker-registry) says what it does not take', async () => {
    const two = ['--platform', 'linux/amd64', '--platform', 'linux/s390x']
    const sparse = await berth(['copy', ...two, `oci:${layout}:v1`, `${host}/team/sparse:v1`])
    expect(sparse.code).toBe(1)
    expect(sparse.stderr).toContain('does not take an index of which images are missing (linux/arm64): copy all')
    await done('copy', '--platform', 'linux/amd64', `oci:${layout}:v1`, `${host}/team/one:v1`)
    const answer = await fetch(`http://${host}/v2/team/one/manifests/v1`, { headers: { accept: amd.mediaType } })
    expect(answer.headers.get('docker-content-digest')).toBe(amd.digest)
  })

  testWithDockerRegistry(
    '(docker-registry) that lacks something: the rest is imported, and the code is 1',
    async () => {
      const data = join(folder, 'partly')
      const { code, stdout, stderr } = await berth([
        'import',
        '--create',
        '--data',
        data,
        `${host}/no/such`,
        `${host}/team/one`,
      ])
      expect(code).toBe(1)
      expect(stdout).toContain('Imported 2 images;')
      expect(stderr).toContain('no/such')
    },
  )
})

describe('a second Berth', () => {
  let other: RunningRegistry
  beforeAll(async () => {
    other = await startRegistry()
    await addUser(other.dataDir, 'ann', PASSWORD)
    // Without users it lets everybody in, and it looks for them now and then.
    while ((await fetch(`${other.url}/v2/`)).status !== 401) await Bun.sleep(20)
  })
  afterAll(() => other.close())

  it('takes an image with credentials of a file, and of docker', async () => {
    const file = join(folder, 'creds')
    await writeFile(file, `ann:${PASSWORD}\n`)
    const refused = await berth(['copy', `oci:${layout}:v1`, `${other.host}/ann/app:v1`], {
      env: { DOCKER_CONFIG: folder },
    })
    expect(refused.code).toBe(1)
    await done('copy', '--dest-creds-file', file, `oci:${layout}:v1`, `${other.host}/ann/app:v1`)
    const auth = Buffer.from(`ann:${PASSWORD}`).toString('base64')
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [other.host]: { auth } } }))
    const back = join(folder, 'from-berth')
    const copied = await berth(['copy', `${other.host}/ann/app:v1`, `oci-archive:${back}.tar`], {
      env: { DOCKER_CONFIG: folder },
    })
    expect(copied).toMatchObject({ code: 0 })
    await done('copy', `oci-archive:${back}.tar:v1`, `oci:${back}`)
    await expectWhole(back)
  })
})

describe('a second Berth and a refresh token', () => {
  let other: RunningRegistry
  beforeAll(async () => {
    other = await startRegistry()
    await addUser(other.dataDir, 'ann', PASSWORD)
    // Without users it lets everybody in, and it looks for them now and then.
    while ((await fetch(`${other.url}/v2/`)).status !== 401) await Bun.sleep(20)
  })
  afterAll(() => other.close())

  it('of docker’s settings, or of a credential helper, is enough', async () => {
    const form = { grant_type: 'password', username: 'ann', password: PASSWORD, client_id: 'test', service: '' }
    const body = new URLSearchParams({ ...form, access_type: 'offline' })
    const answer = await fetch(`${other.url}/token`, { method: 'POST', body })
    const { refresh_token: secret } = (await answer.json()) as { refresh_token: string }
    const settings = join(folder, 'settings')
    await Bun.write(
      join(settings, 'config.json'),
      JSON.stringify({ auths: { [other.host]: { identitytoken: secret } } }),
    )
    const to = `${other.host}/ann/app`
    expect(await berth(['copy', `oci:${layout}:v1`, `${to}:v1`], { env: { DOCKER_CONFIG: settings } })).toMatchObject({
      code: 0,
    })

    const helpers = join(folder, 'helpers')
    const said = JSON.stringify({ ServerURL: other.host, Username: '<token>', Secret: secret })
    await Bun.write(
      join(helpers, 'docker-credential-test'),
      `#!/bin/sh\nread host\n[ "$host" = ${other.host} ] && echo '${said}'\n`,
    )
    await chmod(join(helpers, 'docker-credential-test'), 0o755)
    await Bun.write(join(helpers, 'config.json'), JSON.stringify({ credsStore: 'test' }))
    const env = { DOCKER_CONFIG: helpers, PATH: `${helpers}:${process.env.PATH}` }
    expect(await berth(['copy', `oci:${layout}:v2`, `${to}:v2`], { env })).toMatchObject({ code: 0 })
    const wrong = await berth(['copy', `${to}:v2`, `oci:${join(folder, 'never')}`], {
      env: { DOCKER_CONFIG: join(folder, 'nothing') },
    })
    expect(wrong.code).toBe(1)
  })
})

const importing = async (data: string, ...args: readonly string[]) =>
  Bun.spawn([process.execPath, 'src/main.ts', 'import', '--create', '--data', data, ...args], {
    cwd: new URL('../..', import.meta.url).pathname,
    env: { ...process.env, ...(await databaseEnvironment(data)) },
    stdout: 'ignore',
    stderr: 'pipe',
  })

describe('this registry’s own data', () => {
  it.skipIf(ON_POSTGRES)('is not begun anew in a folder that was mistyped', async () => {
    const data = join(folder, 'mistyped')
    for (const args of [
      ['import', `oci:${layout}`, '--to', 'team/app'],
      ['copy', `oci:${layout}:v1`, 'local:team/app'],
      ['export', 'team/app', '--to', join(folder, 'nothing.tar')],
    ]) {
      const { code, stderr } = await berth([...args, '--data', data])
      expect(code).toBe(1)
      expect(stderr).toContain(`there is no registry in ${data}`)
      if (args[0] !== 'export') expect(stderr).toContain('say --create')
    }
    expect(await readdir(folder)).not.toContain('mistyped')
    await done('copy', '--create', `oci:${layout}:v1`, 'local:team/app', '--data', data)
    await done('import', `oci:${layout}`, '--to', 'team/app', '--data', data)
  })

  it('gets the images that an earlier copy left out of an index', async () => {
    const data = join(folder, 'sparse')
    const copying = ['copy', '--create', '--no-referrers', '--data', data, `oci:${layout}:v1`, 'local:team/app']
    const sparse = { env: { BERTH_CONTENT__SPARSE: 'true' } }
    expect(await berth([...copying, '--platform', 'linux/amd64', '--platform', 'linux/s390x'], sparse)).toMatchObject({
      code: 0,
    })
    await done(...copying)
    await done('copy', '--no-referrers', '--data', data, 'local:team/app:v1', `oci:${join(folder, 'completed')}`)
    const names = await readdir(join(folder, 'completed', 'blobs', 'sha256'))
    expect(names.map((name) => `sha256:${name}`).sort()).toEqual([...graph.reachable(root.digest, false)].sort())
  })
})

describe('what cannot be asked for', () => {
  it.each([
    [['import', '--prefix', 'Old', 'registry.example'], 'lower-case letters'],
    [['import', '--to', 'Old', 'registry.example'], 'lower-case letters'],
    [['copy', 'registry.example', 'oci:nothing'], 'the source names no image'],
    [['copy', 'app:v1', 'oci:nothing'], 'does not say where it is'],
  ])('%j is refused before anything is done', async (args, problem) => {
    const { code, stderr } = await berth(args)
    expect(code).toBe(1)
    expect(stderr).toContain(problem)
    expect(stderr).not.toContain('Failed')
  })

  it('is a file in place of a folder, or of a kind that is not read', async () => {
    const data = join(folder, 'bad-files')
    await writeFile(join(folder, 'images.tar.bz2'), 'BZh91AY&SY')
    for (const [file, problem] of [
      [join(folder, 'images.tar.bz2'), 'is compressed with xz or bzip2; decompress it first'],
      [join(layout, 'index.json'), 'is no folder; an archive is written oci-archive:FILE'],
    ] as const) {
      const { code, stderr } = await berth(['import', '--create', '--data', data, file])
      expect(code).toBe(1)
      expect(stderr).toContain(`${file}: ${problem}`)
    }
  })
})

describe('an archive', () => {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } })
  async function archive(name: string, images: readonly (readonly string[] | null)[]): Promise<string> {
    const tar = pack()
    tar.entry({ name: 'config.json' }, config)
    for (const n of images.keys()) tar.entry({ name: `${n}.json` }, config.replace('amd64', `amd64${' '.repeat(n)}`))
    const list = images.map((RepoTags, n) => ({ Config: `${n}.json`, RepoTags, Layers: [] }))
    tar.entry({ name: 'manifest.json' }, JSON.stringify(list))
    const written = pipeline(tar, createWriteStream(join(folder, name)))
    tar.finalize()
    await written
    return join(folder, name)
  }

  it('whose images have names that none can have is imported without those, and says so', async () => {
    const data = join(folder, 'names')
    const some = await archive('some-names.tar', [['team/app:v1', 'FOO/Bar:1', 'x:../..']])
    const { code, stdout, stderr } = await berth(['import', '--create', '--data', data, some])
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('Imported 1 image;') })
    expect(stderr).toContain('Left out: 2')
    expect(stderr).toContain('"FOO/Bar:1": no image can be called so: a repository name is made of lower-case letters')
    expect(stderr).toContain('"x:../..": no image can be called so: it has no tag')
  })

  it('of which an image gets no name at all ends with 1, and says how it can be had', async () => {
    const data = join(folder, 'no-names')
    const none = await archive('no-names.tar', [['team/app:v1'], ['FOO/Bar:1']])
    const { code, stdout, stderr } = await berth(['import', '--create', '--data', data, none])
    expect(code).toBe(1)
    expect(stdout).toContain('Imported 1 image;')
    expect(stderr).toContain('it was not imported; give it a name: berth copy')
    const [, place = ''] = /berth copy (\S+) local:NAME:TAG/.exec(stderr) ?? []
    await done('copy', place, 'local:foo/bar:1', '--data', data)
    expect((await done('repository', 'list', '--data', data)).stdout).toContain('foo/bar')
  })
})

describe('an import that is killed', () => {
  testWithDockerRegistry(
    '(docker-registry) goes on where it was, and asks once for each tag that is there',
    async () => {
      const registry = await startDockerRegistry({ filesystem: { rootdirectory: join(folder, 'large') } })
      const proxy = watchedProxy(registry.url)
      const many = new ImageGraph()
      for (let n = 0; n < 30; n++) many.tag(`v${n}`, many.image(`${n}`, [many.blob(`${n}`.repeat(200_000))]))
      many.writeLayout(join(folder, 'many'))
      await done(
        'copy',
        '--all-tags',
        `oci:${join(folder, 'many')}`,
        `${registry.url.replace('http://', '')}/team/many`,
      )
      const data = join(folder, 'killed')
      const stalled = proxy.stall(25)
      const child = await importing(data, proxy.host)
      await stalled
      child.kill('SIGKILL')
      await child.exited
      proxy.release()

      const { stdout } = await done('import', '--data', data, proxy.host)
      const [, images, there] = /^Imported (\d+) images, of which (\d+) were there already/.exec(stdout) ?? []
      expect(images).toBe('30')
      expect(Number(there)).toBeGreaterThan(0)
      expect(Number(there)).toBeLessThan(30)
      expect(await berth(['fsck', '--data', data])).toMatchObject({ code: 0 })
      await done('export', '--data', data, 'team/many', '--to', join(folder, 'all'))
      const names = await readdir(join(folder, 'all', 'blobs', 'sha256'))
      expect(names.map((name) => `sha256:${name}`).sort()).toEqual([...many.contents.keys()].sort())

      proxy.requests.length = 0
      await done('import', '--data', data, proxy.host)
      const asked = proxy.requests.filter(
        (request) => !/ \/v2\/(?:_catalog|team\/many\/tags\/list)?(?:\?|$)/.test(request),
      )
      expect(asked.sort()).toEqual([...many.tags.keys()].map((tag) => `HEAD /v2/team/many/manifests/${tag}`).sort())
      await proxy.stop()
      await registry.stop()
    },
  )
})
