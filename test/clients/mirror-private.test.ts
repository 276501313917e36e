import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { describeClient, program } from './support/clients.ts'
import { must, run } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useCri } from './support/cri.ts'
import { useFolder } from './support/folder.ts'
import { INDEX, MIRROR_PROGRAMS, SMALL, useMirror } from './support/mirror.ts'
import { ask, expectServed } from './support/raw.ts'
import { ALICE, ALICE_PAIR, withUsers } from './support/users.ts'

const PROGRAMS = [...MIRROR_PROGRAMS, 'containerd', 'podman', 'curl', 'htpasswd']

/** Alice may read the mirror of docker.io, and anybody may read nothing of it. */
describeClient('a private mirror', PROGRAMS, () => {
  const folder = useFolder()
  const mirror = useMirror(folder, {
    args: () => withUsers(folder),
    commands: [
      ['project', 'set', 'docker.io', '--private'],
      ['group', 'add', 'readers'],
      ['grant', 'add', 'docker.io', 'group:readers', 'reader'],
    ],
  })
  const cri = useCri(folder, { hostsFolder: folder.at('etc/etc/containerd/certs.d') })
  const storage = useContainersStorage(folder)

  /** She is known from her first sign-in on. */
  async function join(): Promise<void> {
    const place = { url: mirror.server.url, repository: 'alice/none', credentials: ALICE }
    expect((await ask(place, 'tags/list')).status).toBe(403)
    const berth = [process.execPath, 'src/main.ts', 'group', 'join', 'readers', 'alice', '--data', folder.at('berth')]
    await must(berth)
  }

  test('is nothing to whoever does not sign in, by whatever name', async () => {
    for (const path of [
      `/v2/docker.io/${SMALL}/manifests/v1`,
      `/v2/${SMALL}/manifests/v1?ns=docker.io`,
      `/v2/${SMALL}/manifests/v1`,
    ])
      expect([path, (await fetch(`${mirror.server.url}${path}`)).status]).toEqual([path, 401])
    expect(mirror.upstream.asked).toEqual([])
    await mirror.filesFor('containerd')
    expect((await cri.pull(`docker.io/${SMALL}:v1`)).status).not.toBe('0')
  })

  test('is pulled with a password by its names there and here', async () => {
    await join()
    const layout = mirror.layouts[INDEX]
    if (layout === undefined) throw new Error('it was not made')
    const place = { url: mirror.server.url, credentials: ALICE }
    await expectServed({ ...place, repository: `docker.io/${INDEX}` }, 'v1', layout)
    await expectServed({ ...place, repository: INDEX }, 'v1', layout)
  })

  test('by CRI, with what an image pull secret holds', async () => {
    expect(await cri.pull(`docker.io/${SMALL}:v1`, ALICE)).toEqual({ status: '0', message: '' })
    expect((await cri.pull(`docker.io/${INDEX}:v1`, { ...ALICE, password: 'wrong' })).status).not.toBe('0')
  })

  test('by podman, which signs in to the mirror', async () => {
    const file = `${await mirror.filesFor('podman')}/etc/containers/registries.conf.d/berth.conf`
    const env = { ...storage, CONTAINERS_REGISTRIES_CONF: file }
    const pull = [program('podman'), 'pull', `docker.io/${SMALL}:v1`]
    expect((await run(pull, { env })).code).not.toBe(0)
    const auth = { auths: { [mirror.server.host]: { auth: btoa(ALICE_PAIR) } } }
    await writeFile(storage.REGISTRY_AUTH_FILE ?? '', JSON.stringify(auth))
    await must(pull, { env })
  })
})
