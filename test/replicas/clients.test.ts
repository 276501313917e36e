import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { describeClient, program } from '../clients/support/clients.ts'
import { must } from '../clients/support/command.ts'
import { useContainersStorage } from '../clients/support/containers.ts'
import { useDocker } from '../clients/support/daemons.ts'
import { useFolder } from '../clients/support/folder.ts'
import { smallImage, twoPlatforms } from '../clients/support/images.ts'
import type { Layout } from '../clients/support/layout.ts'
import { expectServed } from '../clients/support/raw.ts'
import { BALANCERS, type Balancer } from '../deploy/support/balancers.ts'
import { send } from '../faults/support/client.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { jsonOf } from './support/asking.ts'
import { describeReplicas } from './support/suite.ts'

setDefaultTimeout(240_000)

describeReplicas(
  'clients behind a balancer in front of two replicas',
  () => {
    let cluster: Cluster
    beforeAll(async () => {
      cluster = await startCluster()
    })
    afterAll(() => cluster?.close())

    describe.each(['nginx', 'haproxy'] as const)('%s', (name) => {
      let balancer: Balancer
      const folder = useFolder()
      beforeAll(async () => {
        const [first, second] = cluster.replicas.map(({ url }) => url.replace('http://', ''))
        balancer = await BALANCERS[name]([first ?? '', second ?? ''])
      })
      afterAll(() => balancer?.stop())
      const host = () => `127.0.0.1:${balancer.port}`

      /** As it is at each replica, byte for byte. */
      async function expectAtBoth(repository: string, layout: Layout): Promise<void> {
        for (const { url } of cluster.replicas) await expectServed({ url, repository }, 'v1', layout)
      }

      describeClient('skopeo', ['skopeo', 'busybox'], () => {
        test.each([
          ['an image', 'image', smallImage],
          ['an index', 'index', twoPlatforms],
        ])('%s is pushed and pulled', async (_, label, make) => {
          const layout = await make(await folder.make(`skopeo-${label}`))
          const repository = `skopeo/${name}/${label}`
          const there = `docker://${host()}/${repository}:v1`
          const skopeo = [program('skopeo'), 'copy', '--all', '--preserve-digests']
          await must([...skopeo, '--dest-tls-verify=false', layout.reference, there])
          await expectAtBoth(repository, layout)
          const to = folder.at(`skopeo-${label}-pulled`)
          await must([...skopeo, '--src-tls-verify=false', there, `dir:${to}`])
          expect(await Bun.file(`${to}/manifest.json`).bytes()).toEqual(
            await Bun.file(`${layout.folder}/blobs/${layout.root.digest.replace(':', '/')}`).bytes(),
          )
        })
      })

      describeClient('podman', ['podman', 'busybox'], () => {
        const env = useContainersStorage(folder)
        const podman = (...args: readonly string[]) => must([program('podman'), ...args], { env })
        test('pushes an image and pulls it back', async () => {
          const layout = await smallImage(await folder.make('podman'))
          const there = `${host()}/podman/${name}/app:v1`
          const id = await podman('pull', '--quiet', layout.reference)
          await podman('push', '--tls-verify=false', id, `docker://${there}`)
          await podman('rmi', '--force', id)
          expect(await podman('pull', '--quiet', '--tls-verify=false', there)).toBe(id)
        })
      })

      describeClient('docker', ['docker', 'dockerd', 'containerd', 'skopeo', 'busybox'], () => {
        const docker = useDocker(folder)
        test('pushes an image and pulls it back', async () => {
          const layout = await smallImage(await folder.make('docker'))
          const there = `${host()}/docker/${name}/app:v1`
          await must([program('skopeo'), 'copy', layout.reference, `docker-archive:${folder.at('image.tar')}:${there}`])
          await docker('load', '--input', folder.at('image.tar'))
          await docker('push', there)
          const id = await docker('image', 'inspect', '--format', '{{.Id}}', there)
          await docker('image', 'rm', there)
          await docker('pull', there)
          expect(await docker('image', 'inspect', '--format', '{{.Id}}', there)).toBe(id)
        })
      })

      describeClient('crane', ['crane', 'skopeo', 'busybox'], () => {
        test('copies an index and lists tags', async () => {
          const layout = await twoPlatforms(await folder.make('crane'))
          const there = `${host()}/crane/${name}/index`
          const skopeo = [program('skopeo'), 'copy', '--all', '--preserve-digests', '--dest-tls-verify=false']
          await must([...skopeo, layout.reference, `docker://${there}:v1`])
          await must([program('crane'), 'copy', '--insecure', `${there}:v1`, `${there}-copy:v1`])
          await expectAtBoth(`crane/${name}/index-copy`, layout)
          expect(await must([program('crane'), 'ls', '--insecure', there])).toBe('v1')
        })
      })

      describeClient('oras', ['oras', 'skopeo', 'busybox'], () => {
        test('attaches to an image what both replicas then list', async () => {
          const layout = await smallImage(await folder.make('oras'))
          const there = `${host()}/oras/${name}/app:v1`
          const skopeo = [program('skopeo'), 'copy', '--preserve-digests', '--dest-tls-verify=false']
          await must([...skopeo, layout.reference, `docker://${there}`])
          await Bun.write(folder.at('sbom.txt'), 'what is in it')
          const attach = ['attach', '--plain-http', '--artifact-type', 'example/sbom', there, 'sbom.txt:text/plain']
          await must([program('oras'), ...attach], { cwd: folder.path })
          for (const { url } of cluster.replicas) {
            const found = await send(url, 'GET', `/v2/oras/${name}/app/referrers/${layout.root.digest}`)
            expect(jsonOf(found)).toMatchObject({ manifests: [{ artifactType: 'example/sbom' }] })
          }
        })
      })
    })
  },
  ['nginx', 'haproxy'],
)
