import { afterAll, beforeAll, expect, test } from 'bun:test'
import { rm } from 'node:fs/promises'
import { startRegistry, type RunningRegistry } from '../support/registry.ts'
import { berth } from '../e2e/support/command.ts'
import { describeClient, program } from './support/clients.ts'
import { must } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { smallImage, twoPlatforms } from './support/images.ts'

describeClient('docker save and docker load', ['docker', 'dockerd', 'containerd', 'skopeo', 'busybox'], () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  let registry: RunningRegistry
  beforeAll(async () => {
    registry = await startRegistry({ args: ['--anonymous', 'pull'] })
  }, 60_000)
  afterAll(() => registry.close())

  async function onData(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await berth([...args, '--data', registry.dataDir])
    if (code !== 0) throw new Error(`berth ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  const idOf = (name: string) => docker('image', 'inspect', '--format', '{{.Id}}', name)
  const layersOf = (name: string) => docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', name)
  const says = (name: string) => docker('run', '--rm', '--network', 'none', name, 'busybox', 'echo', 'it runs')

  /** An image that only this engine has. */
  async function loaded(label: string, name: string): Promise<void> {
    const layout = await smallImage(await folder.make(label))
    await must([program('skopeo'), 'copy', layout.reference, `docker-archive:${folder.at(`${label}.tar`)}:${name}`])
    await docker('load', '--input', folder.at(`${label}.tar`))
    await rm(folder.at(`${label}.tar`))
  }

  test('what docker saved is imported beside the server, and pulled', async () => {
    await loaded('one', 'saved/app:v1')
    await docker('tag', 'saved/app:v1', 'registry.example/saved/app:v2')
    const layers = await layersOf('saved/app:v1')
    await docker('save', '--output', folder.at('saved.tar'), 'saved/app:v1', 'registry.example/saved/app:v2')
    await docker('image', 'rm', 'saved/app:v1', 'registry.example/saved/app:v2')
    expect(await onData('import', folder.at('saved.tar'))).toContain('Imported 2 images')
    await must(['gzip', '-1', '-k', folder.at('saved.tar')])
    expect(await onData('import', folder.at('saved.tar.gz'))).toContain('of which 2 were there already')
    for (const tag of ['v1', 'v2']) {
      const name = `${registry.host}/saved/app:${tag}`
      await docker('pull', name)
      expect(await layersOf(name)).toBe(layers)
      expect(await says(name)).toBe('it runs')
      await docker('image', 'rm', name)
    }
  })

  test('what older tools saved is imported, and pulled', async () => {
    const layout = await smallImage(await folder.make('old'))
    const archive = folder.at('old.tar')
    await must([program('skopeo'), 'copy', layout.reference, `docker-archive:${archive}:docker.io/library/old:v1`])
    await onData('import', `docker-archive:${archive}`, '--prefix', 'from')
    const name = `${registry.host}/from/old:v1`
    await docker('pull', name)
    expect(JSON.parse(await layersOf(name))).toEqual([...layout.diffIds])
    expect(await says(name)).toBe('it runs')
  })

  test('what is exported is loaded: one platform of an index, with its names', async () => {
    const layout = await twoPlatforms(await folder.make('index'))
    await onData('import', `oci:${layout.folder}`, '--to', 'team/app')
    const archive = folder.at('exported.tar')
    await onData(
      'export',
      'team/app:v1',
      '--to',
      archive,
      '--format',
      'docker',
      '--name-host',
      'registry.example',
      '--platform',
      'linux/amd64',
    )
    expect(await docker('load', '--input', archive)).toContain('registry.example/team/app:v1')
    expect(JSON.parse(await layersOf('registry.example/team/app:v1'))).toEqual([...layout.diffIds])
    expect(await says('registry.example/team/app:v1')).toBe('it runs')
    const id = await idOf('registry.example/team/app:v1')
    await docker('save', '--output', folder.at('again.tar'), 'registry.example/team/app:v1')
    await onData('import', folder.at('again.tar'), '--prefix', 'again')
    await docker('pull', `${registry.host}/again/team/app:v1`)
    expect(await idOf(`${registry.host}/again/team/app:v1`)).toBe(id)
  })

  test('what is exported is read by skopeo, in both formats, and its layout is read here', async () => {
    const layout = await twoPlatforms(await folder.make('both'))
    await onData('import', `oci:${layout.folder}`, '--to', 'team/both')
    await onData('export', 'team/both:v1', '--to', folder.at('both-docker.tar'), '--format', 'docker')
    await must([
      program('skopeo'),
      'copy',
      `docker-archive:${folder.at('both-docker.tar')}`,
      `oci:${folder.at('read')}:d`,
    ])
    await onData('export', 'team/both:v1', '--to', folder.at('both-oci.tar'))
    const raw = await must([program('skopeo'), 'inspect', '--raw', `oci-archive:${folder.at('both-oci.tar')}`])
    expect(raw).toContain(layout.blobs.find(({ platform }) => platform?.architecture === 'arm64')?.digest ?? 'none')
    await must([program('skopeo'), 'copy', '--all', layout.reference, `oci-archive:${folder.at('skopeo.tar')}:v7`])
    await onData('import', `oci-archive:${folder.at('skopeo.tar')}`, '--to', 'team/skopeo')
    expect(await onData('repository', 'show', 'team/skopeo')).toMatch(new RegExp(`v7\\s+${layout.root.digest}`))
  })
})
