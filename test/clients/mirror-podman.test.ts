import { expect, test } from 'bun:test'
import { describeClient, program } from './support/clients.ts'
import { must } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useFolder } from './support/folder.ts'
import { INDEX, MIRROR_PROGRAMS, SMALL, useMirror } from './support/mirror.ts'
import { expectLayout } from './support/raw.ts'

describeClient('podman, buildah and skopeo with a mirror', [...MIRROR_PROGRAMS, 'podman', 'buildah'], () => {
  const folder = useFolder()
  const mirror = useMirror(folder)
  const storage = useContainersStorage(folder)

  async function run(name: string, ...args: readonly string[]): Promise<string> {
    const file = `${await mirror.filesFor('podman')}/etc/containers/registries.conf.d/berth.conf`
    // Of these only skopeo does not take it from the environment.
    const flags = name === 'skopeo' ? ['--registries-conf', file] : []
    return must([program(name), ...flags, ...args], { env: { ...storage, CONTAINERS_REGISTRIES_CONF: file } })
  }

  test('podman pulls an image of Docker Hub by its own name', async () => {
    await run('podman', 'pull', `docker.io/${SMALL}:v1`)
    const digest = await run('podman', 'image', 'inspect', '--format', '{{.Digest}}', `docker.io/${SMALL}:v1`)
    expect(digest).toBe(mirror.layouts[SMALL]?.root.digest ?? '')
    expect(mirror.upstream.log()).toContain(`GET /v2/${SMALL}/manifests/v1`)
  })

  test('skopeo copies an index from there, byte for byte', async () => {
    const layout = mirror.layouts[INDEX]
    if (layout === undefined) throw new Error('it was not made')
    const target = folder.at('copied')
    await run('skopeo', 'copy', '--all', `docker://docker.io/${INDEX}:v1`, `oci:${target}:v1`)
    await expectLayout(target, layout)
    const other = await run(
      'skopeo',
      'inspect',
      '--no-tags',
      '--format',
      '{{.Digest}}',
      `docker://mirrored.test:5000/${SMALL}:v1`,
    )
    expect(other).toBe(mirror.layouts[SMALL]?.root.digest ?? '')
  })

  test('and what only the mirror still has', async () => {
    mirror.shut()
    mirror.upstream.forget()
    await run('podman', 'rmi', `docker.io/${SMALL}:v1`)
    await run('podman', 'pull', `docker.io/${SMALL}:v1`)
    await run('buildah', 'from', `docker.io/${INDEX}:v1`)
    expect(mirror.upstream.asked).toEqual([])
    // Of this one every pull asks the upstream, which does not answer: then it is what it was.
    await run('podman', 'pull', `mirrored.test:5000/${SMALL}:v1`)
    expect(mirror.upstream.log()).toContain(`HEAD /v2/${SMALL}/manifests/v1`)
    mirror.upstream.instead(undefined)
  })
})
