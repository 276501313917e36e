import { beforeAll, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { type Certificates, makeCertificates } from './support/certificates.ts'
import { describeClient, program } from './support/clients.ts'
import { must, mustFail } from './support/command.ts'
import { useContainersStorage } from './support/containers.ts'
import { useContainerd } from './support/daemons.ts'
import { type Folder, useFolder } from './support/folder.ts'
import { smallImage, twoPlatforms } from './support/images.ts'
import { expectLayout, expectServed, type Place } from './support/raw.ts'
import { realImage } from './support/real-image.ts'
import { useServer } from './support/server.ts'
import { ALICE, ALICE_PAIR, withUsers } from './support/users.ts'

const BASE = ['openssl', 'busybox', 'htpasswd']

/** A server with TLS, and one that also wants a sign-in. */
function useTls(folder: Folder) {
  let made: Certificates | undefined
  const certificates = async () => {
    made ??= await makeCertificates(folder)
    return made
  }
  const tlsArgs = async () => {
    const { certFile, keyFile } = await certificates()
    return ['--tls-cert', certFile, '--tls-key', keyFile]
  }
  const server = useServer({ args: tlsArgs })
  const closed = useServer({ args: async () => withUsers(folder, ...(await tlsArgs())) })
  let ca = ''
  beforeAll(async () => {
    ca = await readFile((await certificates()).caFile, 'utf8')
  })
  const place = (repository: string): Place => ({ url: server.url, repository, ca })
  const closedPlace = (repository: string): Place => ({ url: closed.url, repository, ca, credentials: ALICE })
  return { server, closed, place, closedPlace, caFolder: folder.at('ca'), caFile: folder.at('ca', 'ca.crt') }
}

describeClient('curl over TLS', ['curl', ...BASE], () => {
  const { server, caFile } = useTls(useFolder())
  const curl = (...args: readonly string[]) => must([program('curl'), '--silent', '--show-error', ...args])

  test('negotiates HTTP/2, and HTTP/1.1 when asked', async () => {
    const shown = ['--cacert', caFile, '--output', '/dev/null', '--write-out', '%{http_version} %{http_code}']
    expect(await curl(...shown, `${server.url}/v2/`)).toBe('2 200')
    expect(await curl(...shown, '--http1.1', `${server.url}/v2/`)).toBe('1.1 200')
  })

  test('is refused by a client that does not know the authority', async () => {
    expect(await mustFail([program('curl'), '--show-error', `${server.url}/v2/`])).toContain('certificate')
  })
})

describeClient('skopeo and podman over TLS', ['skopeo', 'podman', 'debootstrap', ...BASE], () => {
  const folder = useFolder()
  const { server, place, closed, closedPlace, caFolder } = useTls(folder)
  const env = useContainersStorage(folder)
  const skopeo = (...args: readonly string[]) => must([program('skopeo'), ...args], { env })

  test('skopeo pushes and pulls a real image and an index over HTTP/2, byte for byte', async () => {
    const images = { debian: await realImage(), index: await twoPlatforms(await folder.make('index')) }
    for (const [name, layout] of Object.entries(images)) {
      const remote = `docker://${server.host}/tls/${name}:v1`
      await skopeo('copy', '--all', '--preserve-digests', '--dest-cert-dir', caFolder, layout.reference, remote)
      await expectServed(place(`tls/${name}`), 'v1', layout)
      const to = folder.at(`${name}-pulled`)
      await skopeo('copy', '--all', '--preserve-digests', '--src-cert-dir', caFolder, remote, `oci:${to}:v1`)
      await expectLayout(to, layout)
    }
    await mustFail([program('skopeo'), 'inspect', `docker://${server.host}/tls/debian:v1`])
  })

  test('podman pushes and pulls', async () => {
    const layout = await smallImage(await folder.make('podman'))
    const podman = (...args: readonly string[]) => must([program('podman'), ...args], { env })
    const id = await podman('pull', '--quiet', layout.reference)
    await podman('push', '--cert-dir', caFolder, id, `docker://${server.host}/tls/podman:v1`)
    expect(await podman('pull', '--quiet', '--cert-dir', caFolder, `${server.host}/tls/podman:v1`)).toBe(id)
  })

  test('skopeo signs in', async () => {
    const layout = await smallImage(await folder.make('private'))
    const copy = ['copy', '--preserve-digests', '--dest-cert-dir', caFolder]
    const remote = `docker://${closed.host}/tls/private:v1`
    await mustFail([program('skopeo'), ...copy, layout.reference, remote])
    await skopeo(...copy, '--dest-creds', ALICE_PAIR, layout.reference, remote)
    await expectServed(closedPlace('tls/private'), 'v1', layout)
  })
})

describeClient('crane over TLS', ['crane', 'debootstrap', ...BASE], () => {
  const folder = useFolder()
  const { server, place, closed, closedPlace, caFile } = useTls(folder)
  const env = { SSL_CERT_FILE: caFile, DOCKER_CONFIG: folder.at('logins') }
  const crane = (...args: readonly string[]) => must([program('crane'), ...args], { env })

  test('negotiates HTTP/2', async () => {
    const layout = await smallImage(await folder.make('small'))
    await crane('push', layout.folder, `${server.host}/tls/small:v1`)
    const shown = ['sh', '-c', '"$0" --verbose digest "$1" 2>&1', program('crane'), `${server.host}/tls/small:v1`]
    expect(await must(shown, { env })).toContain('HTTP/2.0 200')
  })

  test('pushes and pulls a real image and an index, byte for byte', async () => {
    const images = { debian: await realImage(), index: await twoPlatforms(await folder.make('index')) }
    for (const [name, layout] of Object.entries(images)) {
      await crane('push', layout.folder, `${server.host}/tls/crane-${name}:v1`)
      await expectServed(place(`tls/crane-${name}`), 'v1', layout)
      await crane('pull', '--format=oci', `${server.host}/tls/crane-${name}:v1`, folder.at(`${name}-pulled`))
      await expectLayout(folder.at(`${name}-pulled`), layout)
    }
  })

  test('signs in: the token endpoint is on https too', async () => {
    const layout = await smallImage(await folder.make('private'))
    await crane('auth', 'login', closed.host, '--username', ALICE.username, '--password', ALICE.password)
    await crane('push', layout.folder, `${closed.host}/tls/private:v1`)
    await expectServed(closedPlace('tls/private'), 'v1', layout)
  })
})

describeClient('ctr over TLS', ['ctr', 'containerd', ...BASE], () => {
  const folder = useFolder()
  const { closed, closedPlace, caFile } = useTls(folder)
  const address = useContainerd(folder)

  test('signs in, pushes and pulls', async () => {
    const layout = await smallImage(await folder.make('private'))
    const name = `${closed.host}/tls/ctr:v1`
    const ctr = (...args: readonly string[]) => must([...address, 'images', ...args])
    // Without this ctr takes plain HTTP for granted on a loopback address.
    const hosts = await folder.make('hosts')
    await folder.make(`hosts/${closed.host}`)
    await writeFile(folder.at('hosts', closed.host, 'hosts.toml'), `[host."${closed.url}"]\nca = "${caFile}"\n`)
    await must(['tar', '-C', layout.folder, '-cf', folder.at('image.tar'), 'oci-layout', 'index.json', 'blobs'])
    await ctr('import', '--no-unpack', '--base-name', `${closed.host}/tls/ctr`, folder.at('image.tar'))
    await ctr('push', '--hosts-dir', hosts, '--user', ALICE_PAIR, name)
    await expectServed(closedPlace('tls/ctr'), 'v1', layout)
    await ctr('rm', '--sync', name)
    await ctr('pull', '--snapshotter', 'native', '--hosts-dir', hosts, '--user', ALICE_PAIR, name)
  })
})
