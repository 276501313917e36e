import { describe, expect, test } from 'bun:test'
import { MIRROR_CLIENTS, mirrorFiles, parseMirrorUrl } from './mirror-files.ts'

const HUB = { name: 'docker.io', project: 'hub', isDefault: true }
const QUAY = { name: 'quay.io', project: 'quay.io', isDefault: false }
const BOTH = { url: 'https://berth.example', namespaces: [HUB, QUAY] }

const pathsOf = (...args: Parameters<typeof mirrorFiles>) => mirrorFiles(...args).map(({ path }) => path)

describe('the files', () => {
  test('of every client, each once', () => {
    expect(pathsOf(undefined, BOTH)).toEqual([
      '/etc/containerd/certs.d/docker.io/hosts.toml',
      '/etc/containerd/certs.d/quay.io/hosts.toml',
      '/etc/docker/daemon.json',
      '/etc/containers/registries.conf.d/berth.conf',
      '/etc/rancher/k3s/registries.yaml',
    ])
  })

  test('docker has one only where names without a project are of Docker Hub', () => {
    for (const namespaces of [
      [QUAY],
      [{ ...HUB, isDefault: false }, QUAY],
      [
        { ...HUB, isDefault: false },
        { ...QUAY, isDefault: true },
      ],
    ]) {
      expect(pathsOf(undefined, { ...BOTH, namespaces })).not.toContain('/etc/docker/daemon.json')
      expect(() => mirrorFiles('docker', { ...BOTH, namespaces })).toThrow('berth mirror add docker.io --default')
    }
  })

  test.each(MIRROR_CLIENTS)('%s has none where nothing is mirrored', (client) => {
    expect(() => mirrorFiles(client, { ...BOTH, namespaces: [] })).toThrow('is a mirror of nothing')
  })

  test('containerd falls back to where the preset is, or to the host itself', () => {
    const other = { name: 'registry.test:5000', project: 'other', isDefault: false }
    const files = mirrorFiles('containerd', { ...BOTH, namespaces: [HUB, other] })
    expect(files.map(({ text }) => Bun.TOML.parse(text))).toEqual(
      ['https://registry-1.docker.io', 'https://registry.test:5000'].map((server) => ({
        server,
        host: { 'https://berth.example': { capabilities: ['pull', 'resolve'] } },
      })),
    )
  })

  test('podman and CRI-O put the project before the name', () => {
    const [file] = mirrorFiles('podman', BOTH)
    expect(Bun.TOML.parse(file?.text ?? '')).toEqual({
      registry: [
        { prefix: 'docker.io', location: 'docker.io', mirror: [{ location: 'berth.example/hub' }] },
        { prefix: 'quay.io', location: 'quay.io', mirror: [{ location: 'berth.example/quay.io' }] },
      ],
    })
    expect(mirrorFiles('cri-o', BOTH)).toEqual(mirrorFiles('podman', BOTH))
    const plain = mirrorFiles('podman', { ...BOTH, url: 'http://10.0.0.1:5000' })[0]?.text
    expect(plain).toContain('location = "10.0.0.1:5000/hub"\ninsecure = true\n')
  })

  test('docker and k3s', () => {
    expect(mirrorFiles('docker', BOTH).map(({ text }) => JSON.parse(text))).toEqual([
      { 'registry-mirrors': ['https://berth.example'] },
    ])
    expect(mirrorFiles('k3s', BOTH).map(({ text }) => Bun.YAML.parse(text))).toEqual([
      {
        mirrors: {
          'docker.io': { endpoint: ['https://berth.example'] },
          'quay.io': { endpoint: ['https://berth.example'] },
        },
      },
    ])
  })
})

test('the address has no path', () => {
  expect(parseMirrorUrl('https://Berth.example:443/')).toBe('https://berth.example')
  for (const text of ['berth.example', 'https://berth.example/hub', 'https://a:b@berth.example', 'ftp://berth.example'])
    expect(() => parseMirrorUrl(text)).toThrow('a URL without a path')
})
