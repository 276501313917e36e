import { expect, test } from 'bun:test'
import { describeClient } from './support/clients.ts'
import { must } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { INDEX, MIRROR_PROGRAMS, SMALL, useMirror } from './support/mirror.ts'

const PROGRAMS = [...MIRROR_PROGRAMS, 'docker', 'dockerd', 'containerd']

describeClient('docker with a mirror', PROGRAMS, () => {
  const folder = useFolder()
  const mirror = useMirror(folder)
  const docker = useDocker(folder, async () => `${await mirror.filesFor('docker')}/etc/docker/daemon.json`)
  const run = (...args: readonly string[]) => must(docker.command(...args), docker)

  test('pulls an image of Docker Hub by its short name', async () => {
    const pulled = await run('pull', 'small:v1')
    expect(pulled).toContain(`Digest: ${mirror.layouts[SMALL]?.root.digest}`)
    expect(mirror.upstream.log()).toContain(`GET /v2/${SMALL}/manifests/v1`)
    expect(await run('pull', 'docker.io/library/index:v1')).toContain(`Digest: ${mirror.layouts[INDEX]?.root.digest}`)
  })

  test('and what only the mirror still has', async () => {
    await run('image', 'rm', 'small:v1')
    mirror.shut()
    mirror.upstream.forget()
    expect(await run('pull', 'small:v1')).toContain('Downloaded newer image')
    expect(await run('pull', `small@${mirror.layouts[SMALL]?.root.digest}`)).toContain('Image is up to date')
    expect(mirror.upstream.asked).toEqual([])
    mirror.upstream.instead(undefined)
  })

  test('a base image of a build comes by the mirror', async () => {
    await run('image', 'rm', '--force', 'index:v1')
    const file = 'FROM index:v1\nLABEL own=1\n'
    await must(docker.command('build', '-t', 'own', '-'), {
      env: { ...docker.env, DOCKER_BUILDKIT: '0' },
      stdin: file,
    })
  })
})
