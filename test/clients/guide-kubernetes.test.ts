import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { parseConfig } from '../../src/config/load.ts'
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { describeClient, program, which } from './support/clients.ts'
import { must } from './support/command.ts'
import { type PullAuth, useCri } from './support/cri.ts'
import { useFolder } from './support/folder.ts'
import { wholePage } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'
import { smallImage } from './support/images.ts'
import { usePlatform } from './support/platform.ts'

const page = wholePage('guides/kubernetes')
const PROGRAMS = ['kubectl', 'skopeo', 'containerd', 'busybox', 'bash', 'curl', 'jq', 'docker-registry']

const Named = z.object({ metadata: z.object({ name: z.string(), namespace: z.string() }) })
const Secret = Named.extend({ data: z.object({ '.dockerconfigjson': z.base64() }) })
const Account = Named.extend({ imagePullSecrets: z.array(z.object({ name: z.string() })) })
const PodTemplate = z.object({ spec: z.object({ containers: z.tuple([z.object({ image: z.string() })]) }) })
const Deployment = Named.extend({ spec: z.object({ template: PodTemplate }) })
const PullSecret = z.object({ auths: z.record(z.string(), z.object({ username: z.string(), password: z.string() })) })
const Provider = z.object({
  apiVersion: z.string(),
  matchImages: z.array(z.string()),
  tokenAttributes: z.object({ serviceAccountTokenAudience: z.string() }),
})
const Providers = z.object({ providers: z.tuple([Provider]) })
const Answer = z.object({ auth: z.record(z.string(), z.object({ username: z.string(), password: z.string() })) })

/** Of a token that the API server signs for a pod. */
const podOf = (namespace: string) => ({
  iss: 'https://kubernetes.default.svc.cluster.local',
  sub: `system:serviceaccount:${namespace}:default`,
  'kubernetes.io': { namespace, serviceaccount: { name: 'default', uid: crypto.randomUUID() } },
})

// There is no cluster. What it would be given is used as it would use it: secrets, providers and mirrors by containerd,
// which is asked as a kubelet asks it; its tokens are signed here. A docker-registry plays Docker Hub.
describeClient('Kubernetes, by docs/guides/kubernetes.md', PROGRAMS, () => {
  const folder = useFolder()
  const cri = useCri(folder, { hostsFolder: folder.at('certs.d') })
  const cluster = usePlatform()
  const guide = useGuideServer(folder, {
    yaml: [page.block('berth.yaml')],
    instead: async () => {
      await writeFile(folder.at('cluster.jwks'), JSON.stringify(cluster.issuer.keys()))
      return {}
    },
  })
  const deployment = Deployment.parse(parse(page.block('app.yaml')))
  const account = Account.parse(parse(page.block('default.yaml')))
  const image = () => guide.localised(deployment.spec.template.spec.containers[0].image)
  let hub: DockerRegistry | undefined

  beforeAll(async () => {
    guide.setEnv({ KUBECONFIG: folder.at('no-cluster'), COSIGN_PASSWORD: '' })
    hub = await startDockerRegistry({ filesystem: { rootdirectory: await folder.make('hub') } })
    await copy(`docker://${new URL(hub.url).host}/library/nginx:1`)
  }, 60_000)
  afterAll(() => hub?.stop())

  const follow = (name: string) => {
    for (const step of page.steps(name)) test(`$ ${step.command}`, () => guide.follow(step))
  }

  describe('a secret', () => {
    follow('pull')

    test('pulls for the pods of its namespace, and for nobody else', async () => {
      await copy(`docker://${image()}`)
      expect((await cri.pull(image())).message).toContain('pull access denied')
      const secret = Secret.parse(parse(await Bun.file(folder.at('secret.yaml')).text()))
      expect(account.imagePullSecrets[0]?.name).toBe(secret.metadata.name)
      expect(new Set([secret, account, deployment].map(({ metadata }) => metadata.namespace)).size).toBe(1)
      const { auths } = PullSecret.parse(JSON.parse(atob(secret.data['.dockerconfigjson'])))
      expect((await cri.pull(image(), auths[guide.host])).status).toBe('0')
    })

    test('may do nothing but pull', async () => {
      expect((await guide.shell('berth access explain robot.web.cluster pull web/app')).code).toBe(0)
      expect((await guide.shell('berth access explain robot.web.cluster push web/app')).code).toBe(1)
    })
  })

  describe('the token of a pod', () => {
    follow('token')

    const PROVIDER = '/usr/local/lib/kubelet-providers/berth'
    const config = Providers.parse(parse(page.block('/etc/kubernetes/credential-providers.yaml')))
    const [provider] = config.providers

    /** What the provider makes of the request that a kubelet sends it. */
    async function providedFor(namespace: string): Promise<PullAuth | undefined> {
      const path = folder.at('provider')
      await writeFile(path, guide.localised(page.block(PROVIDER)))
      await chmod(path, 0o755)
      const audience = guide.localised(provider.tokenAttributes.serviceAccountTokenAudience)
      const request = {
        apiVersion: provider.apiVersion,
        kind: 'CredentialProviderRequest',
        image: image(),
        serviceAccountToken: await cluster.token(audience, podOf(namespace)),
      }
      const answer = JSON.parse(await must([path], { stdin: JSON.stringify(request) }))
      expect(answer).toMatchObject({ apiVersion: provider.apiVersion, kind: 'CredentialProviderResponse' })
      return Answer.parse(answer).auth[guide.localised(provider.matchImages[0] ?? '')]
    }

    test('is for the audience that nodes may ask for', () => {
      const [role, binding] = parseAllDocuments(page.block('node-audience.yaml')).map((each) => each.toJS())
      expect(role.rules[0].resources).toEqual([provider.tokenAttributes.serviceAccountTokenAudience])
      expect(binding.roleRef.name).toBe(role.metadata.name)
    })

    test('pulls by way of the provider, and a pod of another namespace does not', async () => {
      expect((await cri.pull(image(), await providedFor('web'))).status).toBe('0')
      expect((await cri.pull(image(), await providedFor('other'))).message).toContain('401')
    })
  })

  describe('a mirror', () => {
    const [add, print] = page.steps('mirror')
    const HOSTS = '/etc/containerd/certs.d/docker.io/hosts.toml'

    test('$ berth mirror add', async () => {
      if (add === undefined) throw new Error('the page makes no mirror')
      await guide.follow(add)
      const { url = '' } = hub ?? {}
      const set = await guide.shell(`berth remote set docker.io --url ${url} --allow-private --trusted-host none`)
      expect(set.code, set.all).toBe(0)
    })

    test('$ berth mirror config prints the file of the page', async () => {
      const printed = await guide.shell(print?.command ?? '')
      expect(printed.stdout).toContain(guide.localised(page.block(HOSTS)))
    })

    test('pulls what pods call nginx', async () => {
      const path = folder.at('certs.d', 'docker.io', 'hosts.toml')
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, guide.localised(page.block(HOSTS)))
      expect(await cri.pull('nginx:1')).toEqual({ status: '0', message: '' })
      expect((await guide.shell('berth tag list hub/library/nginx')).stdout).toContain('sha256:')
    })
  })

  describe('what may run', () => {
    follow('policy')
    follow('webhook')

    test('an image without a signature is refused to a pod, with the rule', async () => {
      const { auths } = PullSecret.parse(
        JSON.parse(
          atob(Secret.parse(parse(await Bun.file(folder.at('secret.yaml')).text())).data['.dockerconfigjson']),
        ),
      )
      await copy(`docker://${image().replace(/:1$/, ':2')}`)
      expect((await cri.pull(image().replace(/:1$/, ':2'), auths[guide.host])).message).toContain('403')
    })
  })

  describeClient('Berth in a cluster', ['helm'], () => {
    for (const step of page.steps('helm'))
      test(`$ ${step.command}, as far as Helm alone goes`, async () => {
        await writeFile(folder.at('values.yaml'), page.block('values.yaml'))
        const root = new URL('../..', import.meta.url).pathname
        const command = step.command
          .replace('helm install', `${program('helm')} template --kube-version 1.31.0`)
          .replaceAll(/(?<= )deploy/g, `${root}deploy`)
        const rendered = await must(['bash', '-c', command], { cwd: folder.path, env: { HOME: folder.path } })
        const manifests = parseAllDocuments(rendered).map((each) => each.toJS() as Record<string, unknown>)
        const kinds = new Map(manifests.map((each) => [each.kind, each]))
        expect([...kinds.keys()]).toEqual(
          expect.arrayContaining(['ConfigMap', 'PersistentVolumeClaim', 'Service', 'Deployment', 'Ingress']),
        )
        const data = Object.values((kinds.get('ConfigMap')?.data ?? {}) as Record<string, string>)
        const config = parseConfig(parse(data[0] ?? ''))
        expect(config.externalUrl).toBe('https://registry.example.com')
        expect(config.trustedProxies).toEqual(['10.0.0.0/8'])
      })
  })

  test.skipIf(which('helm') === undefined)('every block of the page was run', () => {
    expect(page.left()).toEqual([])
  })

  /** A new image, as root. */
  async function copy(target: string): Promise<void> {
    const { reference } = await smallImage(await folder.make(crypto.randomUUID()))
    const creds = `root:${(await Bun.file(folder.at('root.password')).text()).trim()}`
    const options = ['--dest-tls-verify=false', '--dest-creds', creds]
    await must([program('skopeo'), 'copy', '--quiet', ...options, reference, target])
  }
})
