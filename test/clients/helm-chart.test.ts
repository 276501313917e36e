import { expect, test } from 'bun:test'
import { parseAllDocuments, parse } from 'yaml'
import { parseConfig } from '../../src/config/load.ts'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useFolder } from './support/folder.ts'

// The chart in deploy/helm, rendered by Helm itself. test/deploy/chart.test.ts knows what can be known without.

const CHART = new URL('../../deploy/helm/berth', import.meta.url).pathname
const MINIMUM = ['image.repository=r.example/berth', 'database.secretName=pg', 'config.storage=s3://b?region=x']

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
  readonly spec: Spec
}

interface Spec {
  readonly replicas?: number
  readonly strategy?: unknown
  readonly ingress?: unknown
  readonly egress?: unknown
  readonly endpoints?: readonly unknown[]
  readonly rules?: unknown
  readonly template: { readonly spec: PodSpec }
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number
  readonly volumes: readonly { readonly name: string }[]
  readonly securityContext: unknown
  readonly containers: readonly Container[]
}

interface Container {
  readonly image: string
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly envFrom?: unknown
  readonly securityContext: unknown
  readonly readinessProbe: { readonly httpGet: unknown }
  readonly volumeMounts: readonly { readonly name: string }[]
}

describeClient('deploy/helm/berth', ['helm'], () => {
  const folder = useFolder()
  const options = {
    env: { HELM_CONFIG_HOME: folder.at('config'), HELM_CACHE_HOME: folder.at('cache'), HELM_DATA_HOME: folder.at('d') },
  }
  // A Helm that is built without its release's flags believes in a very old Kubernetes.
  const template = (sets: readonly string[], ...more: readonly string[]) => [
    ...[program('helm'), 'template', 'x', CHART, '--kube-version', '1.31.0'],
    ...sets.flatMap((each) => ['--set', each]),
    ...more,
  ]
  const render = async (sets: readonly string[], ...more: readonly string[]): Promise<readonly Manifest[]> => {
    const documents = parseAllDocuments(await must(template(sets, ...more), options))
    return documents.map((document) => document.toJS() as Manifest | null).filter((manifest) => manifest !== null)
  }
  const refusal = (sets: readonly string[], ...more: readonly string[]) => mustFail(template(sets, ...more), options)
  const one = (manifests: readonly Manifest[], kind: string): Manifest => {
    const found = manifests.find((manifest) => manifest.kind === kind)
    if (found === undefined) throw new Error(`no ${kind}`)
    return found
  }
  const podOf = (manifests: readonly Manifest[]) => one(manifests, 'Deployment').spec.template.spec
  const containerOf = (manifests: readonly Manifest[]): Container => {
    const [container] = podOf(manifests).containers
    if (container === undefined) throw new Error('no container')
    return container
  }
  const configOf = (manifests: readonly Manifest[]) =>
    parseConfig(parse(one(manifests, 'ConfigMap').data?.['config.yaml'] ?? ''))

  test('lint has nothing against it', async () => {
    const said = await must([program('helm'), 'lint', '--strict', '--kube-version', '1.31.0', CHART], options)
    expect(said).toContain('1 chart(s) linted, 0 chart(s) failed')
  })

  test('replicas: a configuration that Berth takes, and pods with no more than they need', async () => {
    const manifests = await render(MINIMUM)
    expect(manifests.map(({ kind }) => kind).sort()).toEqual([
      ...['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Service', 'ServiceAccount'],
    ])
    expect(configOf(manifests).storage).toBe('s3://b?region=x')
    const { spec } = one(manifests, 'Deployment')
    expect(spec.replicas).toBe(2)
    expect(spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } })
    const container = containerOf(manifests)
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(podOf(manifests).securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(container.env).toContainEqual({
      name: 'BERTH_DATABASE',
      valueFrom: { secretKeyRef: { name: 'pg', key: 'url' } },
    } as never)
    const volumes = podOf(manifests).volumes.map(({ name }) => name)
    expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.sort())
  })

  test.each([
    [['config.shutdown.delay=10s', 'config.shutdown.drain=5m'], 10 + 300 + 15],
    [['config.shutdown=null'], 0 + 60 + 15],
  ])('the grace period is what a stop may take: %p', async (sets, seconds) => {
    const manifests = await render([...MINIMUM, ...sets])
    const { delay, drain } = configOf(manifests).shutdown
    expect(podOf(manifests).terminationGracePeriodSeconds).toBe(seconds)
    expect((delay + drain) / 1000 + 15).toBe(seconds)
  })

  test('embedded: one pod that is stopped before its successor starts, and one volume', async () => {
    const manifests = await render(['image.repository=r.example/berth'], '-f', `${CHART}/values-embedded.yaml`)
    const { spec } = one(manifests, 'Deployment')
    expect({ replicas: spec.replicas, strategy: spec.strategy }).toEqual({
      replicas: 1,
      strategy: { type: 'Recreate' },
    })
    expect(podOf(manifests).volumes).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: one(manifests, 'PersistentVolumeClaim').metadata.name },
    } as never)
    expect(containerOf(manifests).env.map(({ name }) => name)).not.toContain('BERTH_DATABASE')
    expect(configOf(manifests).database).toBeUndefined()
  })

  test('HTTPS in the pods: probes, service and configuration agree', async () => {
    const manifests = await render([...MINIMUM, 'tls.secretName=cert'])
    expect(configOf(manifests).tls).toEqual({ cert: '/etc/berth-tls/tls.crt', key: '/etc/berth-tls/tls.key' })
    expect(containerOf(manifests).readinessProbe.httpGet).toMatchObject({ scheme: 'HTTPS', path: '/readyz' })
  })

  test('everything that is optional, at once', async () => {
    const manifests = await render([
      ...MINIMUM,
      ...['ingress.enabled=true', 'ingress.host=r.example', 'ingress.tlsSecretName=cert'],
      ...['httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=gateway', 'httpRoute.hostnames={r.example}'],
      ...['autoscaling.enabled=true', 'storage.secretName=s3', 'networkPolicy.enabled=true'],
      'networkPolicy.from[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name=ingress',
      'networkPolicy.egress.extra[0].ports[0].port=636',
      ...['serviceMonitor.enabled=true', 'serviceMonitor.basicAuthSecretName=metrics', 'serviceMonitor.labels.a=b'],
      ...['podLabels.team=a', 'podAnnotations.b=c', 'extraEnv[0].name=PGSSLROOTCERT', 'extraEnv[0].value=/ca'],
      ...['extraEnvFrom[0].secretRef.name=more', 'priorityClassName=high', 'nodeSelector.a=b'],
      ...['tolerations[0].key=a', 'image.pullSecrets[0].name=pull', 'serviceAccount.annotations.role=arn'],
    ])
    expect(manifests.map(({ kind }) => kind).sort()).toEqual([
      ...['ConfigMap', 'Deployment', 'HTTPRoute', 'HorizontalPodAutoscaler', 'Ingress', 'NetworkPolicy'],
      ...['PodDisruptionBudget', 'Service', 'ServiceAccount', 'ServiceMonitor'],
    ])
    expect(one(manifests, 'Deployment').spec.replicas).toBeUndefined()
    expect(containerOf(manifests).envFrom).toEqual([{ secretRef: { name: 's3' } }, { secretRef: { name: 'more' } }])
    expect(one(manifests, 'NetworkPolicy').spec.egress).toEqual([
      {
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
      { ports: [{ port: 5432, protocol: 'TCP' }] },
      { ports: [{ port: 443, protocol: 'TCP' }] },
      { ports: [{ port: 636 }] },
    ])
    expect(one(manifests, 'ServiceMonitor').spec.endpoints).toEqual([
      expect.objectContaining({ port: 'http', basicAuth: expect.anything() as unknown }) as unknown,
    ])
  })

  test.each([
    [MINIMUM.slice(1), 'image.repository is empty'],
    [[MINIMUM[0] ?? '', MINIMUM[2] ?? ''], 'database.secretName is empty'],
    [MINIMUM.slice(0, 2), 'config.storage is empty'],
    [[...MINIMUM, 'config.database=postgres://a:b@c/d'], 'put it into a Secret'],
    [[...MINIMUM, 'embedded.enabled=true'], 'embedded.enabled is for one pod'],
    [[...MINIMUM, 'embedded.enabled=true', 'replicaCount=1'], 'keeps everything on its volume'],
    [[...MINIMUM, 'ingress.enabled=true'], 'ingress.host is empty'],
    [[...MINIMUM, 'httpRoute.enabled=true'], 'httpRoute.parentRefs is empty'],
    [[...MINIMUM, 'serviceMonitor.enabled=true'], '/metrics wants a sign-in'],
    [[...MINIMUM, 'replicas=3'], 'replicas'],
    [[...MINIMUM, 'replicaCount=many'], 'replicaCount'],
    [[...MINIMUM, 'config.shutdown.drain=soon'], 'drain'],
  ])('what contradicts itself is refused with a sentence: %p', async (sets, sentence) => {
    expect(await refusal(sets)).toContain(sentence)
  })

  test('the same values give the same bytes, and another configuration new pods', async () => {
    const text = (sets: readonly string[]) => must(template(sets), options)
    const checksum = (rendered: string) => /checksum\/config: (\w+)/.exec(rendered)?.[1]
    const before = await text(MINIMUM)
    expect(await text(MINIMUM)).toBe(before)
    expect(checksum(await text([...MINIMUM, 'config.log.level=info']))).not.toBe(checksum(before))
  })
})
