import { beforeAll, expect, test } from 'bun:test'
import { pushImage } from '../e2e/support/images.ts'
import { useServer } from '../e2e/support/server.ts'
import { until } from '../e2e/support/until.ts'
import { alpine, judgeStrictly, SCANNING } from '../upstreams/support/judged.ts'
import { describeClient } from './support/clients.ts'
import { run } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'

describeClient('docker with a cache that looks into everything', ['docker', 'dockerd', 'containerd'], () => {
  const origin = useServer()
  const cache = useServer(SCANNING)
  const docker = useDocker(useFolder())
  const pull = (tag: string) => run(docker.command('pull', `${new URL(cache.url).host}/hub/app:${tag}`), docker)

  beforeAll(async () => {
    await pushImage({ registry: origin, name: 'app' }, alpine('3.0.9-r0'), 'sound')
    await pushImage({ registry: origin, name: 'app' }, alpine('3.0.8-r0'), 'bad')
    await judgeStrictly(cache.running.dataDir, origin.url)
  }, 60_000)

  test('is refused an image that nobody knows, and has it when it tries again', async () => {
    const first = await pull('sound')
    expect([first.code, first.all]).toEqual([1, expect.stringContaining('try again in a while')])
    await until('docker has it', async () => ((await pull('sound')).code === 0 ? true : undefined))
  })

  test('never gets one that is bad', async () => {
    expect((await pull('bad')).code).toBe(1)
    await until('docker is told why', async () => {
      const { code, all } = await pull('bad')
      expect(code).toBe(1)
      return all.includes('CVE-2099-0001') ? true : undefined
    })
  })
})
