import { beforeAll, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { describeClient, program } from './support/clients.ts'
import { must } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { type PullAuth, useCri } from './support/cri.ts'
import { useContainerd } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { block, section, steps } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'
import { smallImage } from './support/images.ts'
import { lifetime, usePlatform } from './support/platform.ts'

const PROGRAMS = ['kubectl', 'podman', 'skopeo', 'ctr', 'containerd', 'busybox', 'bash', 'curl']

/** Of a token that the API server of Kubernetes 1.30 and later signs for a pod (`kubectl create token` prints such a one). */
function claimsOf(namespace: string, account: string) {
  return {
    iss: 'https://kubernetes.default.svc.cluster.local',
    sub: `system:serviceaccount:${namespace}:${account}`,
    jti: crypto.randomUUID(),
    'kubernetes.io': {
      namespace,
      node: { name: 'node-1', uid: crypto.randomUUID() },
      pod: { name: 'build-1', uid: crypto.randomUUID() },
      serviceaccount: { name: account, uid: crypto.randomUUID() },
    },
  }
}

const Secret = z.object({
  kind: z.literal('Secret'),
  type: z.literal('kubernetes.io/dockerconfigjson'),
  data: z.object({ '.dockerconfigjson': z.base64() }),
})
const PullSecret = z.object({ auths: z.record(z.string(), z.object({ username: z.string(), password: z.string() })) })
const Pod = z.object({
  spec: z.object({
    volumes: z.array(
      z.object({
        projected: z.object({
          sources: z.array(z.object({ serviceAccountToken: z.object({ audience: z.string() }) })),
        }),
      }),
    ),
  }),
})

// There is no cluster: its tokens are signed here, with the claims that Kubernetes documents, and its keys are in the
// file that the page has for them. kubectl and the clients are real.
describeClient('Kubernetes, by docs/access.md', PROGRAMS, () => {
  const folder = useFolder()
  useContainerd(folder)
  const cri = useCri(folder)
  const containers = useContainersStorage(folder)
  const cluster = usePlatform()
  const guide = useGuideServer(folder, {
    sections: ['Kubernetes'],
    instead: async () => {
      await writeFile(folder.at('cluster.jwks'), JSON.stringify(cluster.issuer.keys()))
      return {}
    },
  })
  const page = section('Kubernetes')

  beforeAll(async () => {
    guide.setEnv({ ...containers, KUBECONFIG: folder.at('no-cluster') })
    const layout = await smallImage(await folder.make('image'))
    await must([program('podman'), 'load', '--input', await archiveOf(layout.reference)], { env: guide.env })
    await works('berth project add team --private')
    await works('berth project add base --public')
    for (const step of steps(page, 'pull')) await guide.follow(step)
    for (const step of steps(page, 'push')) await guide.follow(step)
  }, 60_000)

  test('a pod pushes with the token of its service account', async () => {
    await works('podman tag app registry.example.com/team/app:1.0')
    const pod = Pod.parse(parse(block(page, 'pod.yaml')))
    const audience = pod.spec.volumes[0]?.projected.sources[0]?.serviceAccountToken.audience ?? ''
    await writeFile(folder.at('token'), await cluster.token(guide.localised(audience), claimsOf('build', 'builder')))
    for (const step of steps(page, 'pod')) await guide.follow(step)
    await works('podman push registry.example.com/team/app:1.0 docker://registry.example.com/team/deep/down:1.0')
    expect(
      await refused('podman push registry.example.com/team/app:1.0 docker://registry.example.com/base/app:1.0'),
    ).toContain('denied: refused: ')
    await works('podman logout registry.example.com')
  })

  test('the secret that kubectl makes is the auth file of podman, skopeo and ctr', async () => {
    const secret = Secret.parse(parse(await Bun.file(folder.at('secret.yaml')).text()))
    const config = atob(secret.data['.dockerconfigjson'])
    await writeFile(folder.at('pull.json'), config)
    const password = (await Bun.file(folder.at('pull.secret')).text()).trim()
    const shown = guide.localised(block(page, '.dockerconfigjson'))
    const auth = btoa(`robot.team.pull:${password}`)
    expect(JSON.parse(config)).toEqual(JSON.parse(shown.replace('"…"', `"${password}"`).replace('"…"', `"${auth}"`)))

    const image = 'registry.example.com/team/app:1.0'
    expect(await refused(`podman pull ${image}`)).toContain('requested access to the resource is denied')
    await works(`podman pull --authfile pull.json ${image}`)
    await works(`skopeo inspect --authfile pull.json docker://${image}`)
    await works(`ctr images pull --user "robot.team.pull:$(cat pull.secret)" ${image}`)
    expect(
      await refused(`podman push --authfile pull.json ${image} docker://registry.example.com/team/app:2.0`),
    ).toContain('denied: refused: nothing gives robot.team.pull push in the project team')
  })

  test('a public project needs no secret', async () => {
    await works('berth grant add base robot:robot.team.builder writer')
    await writeFile(folder.at('token'), await cluster.token(guide.url, claimsOf('build', 'builder')))
    await works('podman login registry.example.com -u workload --password-stdin < token')
    await works('podman push registry.example.com/team/app:1.0 docker://registry.example.com/base/app:1.0')
    await works('podman logout registry.example.com')
    await works('podman pull registry.example.com/base/app:1.0')
    await works('skopeo inspect docker://registry.example.com/base/app:1.0')
    await works('ctr images pull registry.example.com/base/app:1.0')
    expect(await refused('ctr images pull registry.example.com/team/app:1.0')).toContain('pull access denied')
  })

  test('containerd pulls for a kubelet: with the secret, with a token, and without anything from a public project', async () => {
    const image = `${guide.host}/team/app:1.0`
    const token = await cluster.token(guide.url, claimsOf('build', 'builder'))
    expect((await cri.pull(image)).message).toContain('pull access denied')
    expect(await cri.pull(image, await secretOf('pull.json'))).toEqual({ status: '0', message: expect.anything() })
    expect((await cri.pull(image, { username: 'workload', password: token })).status).toBe('0')
    expect((await cri.pull(image, { username: 'robot.team.pull', password: 'wrong' })).message).toContain('401')
    expect((await cri.pull(`${guide.host}/base/app:1.0`)).status).toBe('0')
  })

  test('a new secret voids the old one at once', async () => {
    await works('berth robot secret robot.team.pull > new.secret')
    const image = 'registry.example.com/team/app:1.0'
    expect(await refused(`ctr images pull --user "robot.team.pull:$(cat pull.secret)" ${image}`)).toContain('401')
    await works(`ctr images pull --user "robot.team.pull:$(cat new.secret)" ${image}`)
  })

  test.each([
    ['of another service account', claimsOf('build', 'default')],
    ['of another namespace', claimsOf('builds', 'builder')],
    ['for another audience', { ...claimsOf('build', 'builder'), aud: 'https://kubernetes.default.svc.cluster.local' }],
    ['of another cluster', { ...claimsOf('build', 'builder'), iss: 'https://kubernetes.other.svc' }],
    ['that has expired', { ...claimsOf('build', 'builder'), ...lifetime(-3600, -600) }],
  ])('a pod is refused with a token %s', async (_, claims) => {
    await writeFile(folder.at('token'), await cluster.token(guide.url, claims))
    expect(await refused('podman login registry.example.com -u robot.team.builder --password-stdin < token')).toMatch(
      /invalid username\/password|too many failed sign-ins/,
    )
  })

  /** What a kubelet takes from the secret for this registry. */
  async function secretOf(file: string): Promise<PullAuth> {
    const { auths } = PullSecret.parse(await Bun.file(folder.at(file)).json())
    const found = auths[guide.host]
    if (found === undefined) throw new Error(`the secret has nothing for ${guide.host}`)
    return found
  }

  async function archiveOf(layout: string): Promise<string> {
    const path = folder.at('app.tar')
    await must([program('skopeo'), 'copy', layout, `docker-archive:${path}:app:latest`])
    return path
  }

  async function works(command: string): Promise<string> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).toBe(0)
    return ran.all
  }

  async function refused(command: string): Promise<string> {
    const ran = await guide.shell(command)
    expect(ran.code, `${command}\n${ran.all}`).not.toBe(0)
    return ran.all
  }
})
