import { beforeAll, expect } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { copyFile, writeFile } from 'node:fs/promises'
import { program } from './clients.ts'
import { useContainersStorage } from './containers.ts'
import { useDocker } from './daemons.ts'
import { type Folder, useFolder } from './folder.ts'
import { type GuideOptions, type GuideServer, useGuideServer } from './guide-server.ts'

export const LIFECYCLE_PROGRAMS = [
  ...['docker', 'dockerd', 'containerd', 'podman', 'skopeo', 'busybox', 'curl', 'jq', 'bash'],
]

/** What docs/lifecycle.md begins with: Alice is maintainer of a project, and her clients are signed in. */
export interface LifecycleWorld {
  readonly folder: Folder
  readonly guide: GuideServer
  /** Makes an image with one layer that all of them share and one of its own, in Alice's docker. */
  readonly build: (name: string, ownBytes?: number) => Promise<void>
  /** A command that has to work; returns what it printed. */
  readonly works: (command: string) => Promise<string>
  /** A command that has to be refused. */
  readonly refused: (command: string) => Promise<string>
}

export function useLifecycleWorld(options: GuideOptions = {}): LifecycleWorld {
  const folder = useFolder()
  const docker = useDocker(folder)
  const containers = useContainersStorage(folder)
  const guide = useGuideServer(folder, options)

  async function works(command: string): Promise<string> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).toBe(0)
    return ran.all.trimEnd()
  }

  async function refused(command: string): Promise<string> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).not.toBe(0)
    return ran.all
  }

  async function build(name: string, ownBytes = 1000): Promise<void> {
    const context = await folder.make('context')
    await copyFile(program('busybox'), `${context}/sh`)
    await writeFile(`${context}/own`, randomBytes(ownBytes))
    await writeFile(`${context}/Dockerfile`, 'FROM scratch\nCOPY sh /bin/sh\nCOPY own /own\n')
    await works(`docker build -q -t ${name} ${context}`)
  }

  beforeAll(async () => {
    guide.setEnv({ ...docker.env, ...containers })
    for (const command of [
      'berth user add alice < alice.password',
      'berth project add team --private',
      'berth grant add team user:alice maintainer',
      // First, because podman does not replace the sign-in of docker.
      'podman login registry.example.com -u alice --password-stdin < alice.password',
      'docker login registry.example.com -u alice --password-stdin < alice.password',
    ])
      await works(command)
    for (const name of ['app:1', 'app:2']) await build(name)
  }, 120_000)

  return { folder, guide, build, works, refused }
}
