import { Problem } from '../lib/problem.ts'
import { findPreset } from '../remotes/presets.ts'
import type { Namespace } from './store.ts'

/** Programs that pull images, and can be told of a mirror. */
export const MIRROR_CLIENTS = ['containerd', 'docker', 'podman', 'cri-o', 'k3s'] as const
export type MirrorClient = (typeof MIRROR_CLIENTS)[number]

/** A file of a client's configuration. */
export interface MirrorFile {
  readonly path: string
  readonly text: string
}

interface Mirrored {
  /** Where clients reach this registry: `https://berth.example`. */
  readonly url: string
  readonly namespaces: readonly Namespace[]
}

const HUB = 'docker.io'

const FILES: Readonly<Record<MirrorClient, (mirrored: Mirrored) => MirrorFile[]>> = {
  containerd: ({ url, namespaces }) => namespaces.map(({ name }) => hostsToml(url, name)),
  docker: (mirrored) => [daemonJson(mirrored)],
  podman: (mirrored) => [registriesConf(mirrored)],
  'cri-o': (mirrored) => [registriesConf(mirrored)],
  k3s: (mirrored) => [registriesYaml(mirrored)],
}

/** What tells the client to ask here first; undefined: for every client that can use what is there. @throws Problem */
export function mirrorFiles(client: MirrorClient | undefined, mirrored: Mirrored): MirrorFile[] {
  if (mirrored.namespaces.length === 0)
    throw new Problem('conflict', 'this registry is a mirror of nothing; make it one: berth mirror add docker.io')
  if (client !== undefined) return FILES[client](mirrored)
  const usable = MIRROR_CLIENTS.filter((each) => each !== 'docker' || standsInForHub(mirrored))
  const files = usable.flatMap((each) => FILES[each](mirrored))
  return [...new Map(files.map((file) => [file.path, file])).values()]
}

/** Where clients reach the registry. @throws Problem */
export function parseMirrorUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isRoot = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (url !== undefined && isRoot && ['http:', 'https:'].includes(url.protocol)) return url.origin
  throw new Problem(
    'invalid',
    'the address of this registry is a URL without a path, for example https://berth.example',
  )
}

/** containerd asks with `?ns=docker.io`, and goes to the server itself when this one fails. */
function hostsToml(url: string, namespace: string): MirrorFile {
  return {
    path: `/etc/containerd/certs.d/${namespace}/hosts.toml`,
    text: `server = "${findPreset(namespace)?.url ?? `https://${namespace}`}"

[host."${url}"]
  capabilities = ["pull", "resolve"]
`,
  }
}

/** dockerd puts no path before a name and says not what it is a mirror of, so it is Docker Hub's alone. */
function daemonJson(mirrored: Mirrored): MirrorFile {
  if (!standsInForHub(mirrored))
    throw new Problem(
      'conflict',
      'docker takes mirrors of Docker Hub only, and does not say so when it asks: berth mirror add docker.io --default',
    )
  return {
    path: '/etc/docker/daemon.json',
    text: `${JSON.stringify({ 'registry-mirrors': [mirrored.url] }, undefined, 2)}\n`,
  }
}

function standsInForHub({ namespaces }: Mirrored): boolean {
  return namespaces.some(({ name, isDefault }) => name === HUB && isDefault)
}

/** containers-registries.conf(5), of podman, buildah, skopeo and CRI-O: names have the project before them. */
function registriesConf({ url, namespaces }: Mirrored): MirrorFile {
  const insecure = url.startsWith('http:') ? 'insecure = true\n' : ''
  const { host } = new URL(url)
  const tables = namespaces.map(
    ({ name, project }) => `[[registry]]
prefix = "${name}"
location = "${name}"

[[registry.mirror]]
location = "${host}/${project}"
${insecure}`,
  )
  return { path: '/etc/containers/registries.conf.d/berth.conf', text: tables.join('\n') }
}

/** It makes files for containerd of this, which then asks with `?ns=`. The same for RKE2. */
function registriesYaml({ url, namespaces }: Mirrored): MirrorFile {
  const mirrors = namespaces.map(({ name }) => `  "${name}":\n    endpoint:\n      - "${url}"\n`)
  return { path: '/etc/rancher/k3s/registries.yaml', text: `mirrors:\n${mirrors.join('')}` }
}
