import { expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'
import { twoPlatforms } from './support/images.ts'
import { digestOfFile } from './support/layout.ts'
import { expectLayout, expectServed } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useServer } from './support/server.ts'
import { ALICE, withUsers } from './support/users.ts'

const SBOM = 'application/vnd.example.sbom'

interface Discovered {
  readonly manifests: readonly { readonly digest: string; readonly artifactType: string }[]
}

describeClient('oras', ['oras', 'busybox', 'debootstrap', 'htpasswd'], () => {
  const folder = useFolder()
  const server = useServer()
  const closed = useServer({ args: () => withUsers(folder) })
  const options = { cwd: folder.path, env: { DOCKER_CONFIG: folder.at('logins') } }
  const command = (...args: readonly string[]) => [program('oras'), ...args]
  const oras = (...args: readonly string[]) => must(command(...args), options)

  test('copies images in and out of layouts, byte for byte', async () => {
    const images = { debian: await realImage(), index: await twoPlatforms(await folder.make('index')) }
    for (const [name, layout] of Object.entries(images)) {
      const remote = `${server.host}/oras/${name}:v1`
      await oras('copy', '--from-oci-layout', '--to-plain-http', `${layout.folder}:v1`, remote)
      await expectServed({ url: server.url, repository: `oras/${name}` }, 'v1', layout)
      await oras('copy', '--from-plain-http', '--to-oci-layout', remote, `${folder.at(`${name}-pulled`)}:v1`)
      await expectLayout(folder.at(`${name}-pulled`), layout)
    }
  })

  test('pushes files as an artifact, and pulls them back', async () => {
    const name = `${server.host}/oras/files:v1`
    await pushFiles(name)
    await oras('pull', '--plain-http', '--output', 'pulled', name)
    for (const file of ['notes.txt', 'data.bin']) {
      expect(await digestOfFile(folder.at('pulled', file))).toEqual(await digestOfFile(folder.at(file)))
    }
    expect((await oras('repo', 'tags', '--plain-http', `${server.host}/oras/files`)).split('\n')).toEqual(['v1'])
    expect((await oras('repo', 'ls', '--plain-http', server.host)).split('\n')).toContain('oras/files')
  })

  test('attaches artifacts to a subject, finds them by type, and copies them along', async () => {
    const name = `${server.host}/oras/subject:v1`
    await pushFiles(name)
    for (const [file, type] of [
      ['notes.txt', SBOM],
      ['data.bin', 'application/vnd.example.scan'],
    ] as const) {
      await oras('attach', '--plain-http', '--artifact-type', type, name, `${file}:application/octet-stream`)
    }
    expect(await discover(name)).toHaveLength(2)
    expect((await discover(name, SBOM)).map((one) => one.artifactType)).toEqual([SBOM])
    expect(await discover(name, 'application/vnd.example.none')).toEqual([])
    // No fallback tag: the client saw that the registry keeps referrers itself.
    expect((await oras('repo', 'tags', '--plain-http', `${server.host}/oras/subject`)).split('\n')).toEqual(['v1'])

    const copy = `${server.host}/oras/subject-copy:v1`
    await oras('copy', '--recursive', '--from-plain-http', '--to-plain-http', name, copy)
    expect(await discover(copy)).toHaveLength(2)
    const [first] = await discover(copy, SBOM)
    await oras('manifest', 'delete', '--plain-http', '--force', `${server.host}/oras/subject-copy@${first?.digest}`)
    expect(await discover(copy)).toHaveLength(1)
    expect(await discover(name)).toHaveLength(2)
  })

  test('pushes, fetches and deletes a bare blob', async () => {
    await writeFile(folder.at('blob'), randomBytes(100_000))
    const { digest } = await digestOfFile(folder.at('blob'))
    const name = `${server.host}/oras/blobs@${digest}`
    await oras('blob', 'push', '--plain-http', name, 'blob')
    await oras('blob', 'fetch', '--plain-http', '--output', 'fetched', name)
    expect((await digestOfFile(folder.at('fetched'))).digest).toBe(digest)
    await oras('blob', 'delete', '--plain-http', '--force', name)
    await mustFail(command('blob', 'fetch', '--plain-http', '--output', 'again', name), options)
  })

  test('signs in, pushes and pulls through a token', async () => {
    const login = ['login', '--plain-http', '--username', ALICE.username, '--password-stdin', closed.host]
    expect(await mustFail(command(...login), { ...options, stdin: 'wrong' })).toMatch(/401|unauthorized/i)
    const name = `${closed.host}/oras/private:v1`
    const pull = ['pull', '--plain-http', '--output', 'private', name]
    expect(await mustFail(command(...pull), options)).toMatch(/401|unauthorized|credential/i)
    await must(command(...login), { ...options, stdin: ALICE.password })
    await pushFiles(name)
    await oras(...pull)
    await oras('attach', '--plain-http', '--artifact-type', SBOM, name, 'notes.txt:text/plain')
    expect(await discover(name)).toHaveLength(1)
  })

  async function pushFiles(name: string): Promise<void> {
    await writeFile(folder.at('notes.txt'), `notes of ${name}\n`)
    await writeFile(folder.at('data.bin'), randomBytes(300_000))
    const files = ['notes.txt:text/plain', 'data.bin:application/octet-stream']
    await oras('push', '--plain-http', '--artifact-type', 'application/vnd.example.files', name, ...files)
  }

  async function discover(name: string, type?: string): Promise<Discovered['manifests']> {
    const filter = type === undefined ? [] : ['--artifact-type', type]
    const found = await oras('discover', '--plain-http', '--format', 'json', ...filter, name)
    return (JSON.parse(found) as Discovered).manifests
  }
})
