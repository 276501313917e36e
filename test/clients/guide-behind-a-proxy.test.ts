import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { appendFile, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Balancer, startProxy, writeNginxConf } from '../deploy/support/balancers.ts'
import { type StandIn, startStandIn } from '../deploy/support/replicas.ts'
import { untilTrue } from '../e2e/support/until.ts'
import { freePort } from '../support/postgres.ts'
import { type Certificates, makeCertificates } from './support/certificates.ts'
import { describeClient, program, which } from './support/clients.ts'
import { must, run } from './support/command.ts'
import { useDocker } from './support/daemons.ts'
import { useFolder } from './support/folder.ts'
import { section, steps, wholePage } from './support/guide.ts'
import { useGuideServer } from './support/guide-server.ts'
import { randomImage, smallImage } from './support/images.ts'

const page = wholePage('guides/behind-a-proxy')
const PROGRAMS = ['docker', 'dockerd', 'containerd', 'skopeo', 'busybox', 'openssl', 'curl', 'jq', 'bash']
const PATIENCE_MS = 30_000

interface Proxy {
  /** Files of the page. */
  readonly files: readonly string[]
  /** The command, told where the first file lies. */
  readonly command: (file: string) => readonly string[]
  /** What this test needs besides, in front of the first file. */
  readonly head?: (ports: Ports) => string
}

interface Ports {
  readonly tls: number
  readonly web: number
}

const PROXIES: Readonly<Record<string, Proxy>> = {
  nginx: {
    files: ['/etc/nginx/conf.d/berth.conf'],
    command: (file) => [program('nginx'), '-c', `${dirname(file)}/nginx.conf`],
  },
  caddy: {
    files: ['/etc/caddy/Caddyfile'],
    command: (file) => [program('caddy'), 'run', '--adapter', 'caddyfile', '--config', file],
    head: ({ tls, web }) => `{\n  admin off\n  http_port ${web}\n  https_port ${tls}\n}\n`,
  },
  haproxy: { files: ['/etc/haproxy/haproxy.cfg'], command: (file) => [program('haproxy'), '-db', '-f', file] },
  traefik: {
    files: ['/etc/traefik/traefik.yml', '/etc/traefik/berth.yml'],
    command: (file) => [program('traefik'), `--configFile=${file}`],
  },
}

// Other than on the page: the ports, and the certificate is one for "localhost", which is what the registry is called.
describeClient('a proxy in front, by docs/guides/behind-a-proxy.md', PROGRAMS, () => {
  const folder = useFolder()
  const docker = useDocker(folder)
  let ports: Ports = { tls: 0, web: 0 }
  let certificates: Certificates
  let large = ''
  const guide = useGuideServer(folder, {
    yaml: [page.block('berth.yaml')],
    // The client's: 127.0.0.1 or ::1.
    hosts: () => ({ '192.0.2.7': '…1' }),
    publicHost: async () => {
      ports = { tls: await freePort(), web: await freePort() }
      return `localhost:${ports.tls}`
    },
  })

  beforeAll(async () => {
    certificates = await makeCertificates(folder)
    const { certFile, keyFile } = certificates
    await copyFile(certFile, folder.at('tls.crt'))
    await copyFile(keyFile, folder.at('tls.key'))
    await must(['sh', '-c', `cat ${certFile} ${keyFile} > ${folder.at('berth.pem')}`])
    guide.setEnv({ ...docker.env, CURL_CA_BUNDLE: certificates.caFile })
    const { reference } = await smallImage(await folder.make('image'))
    await must([program('skopeo'), 'copy', '-q', reference, `docker-archive:${folder.at('app.tar')}:app:latest`])
    await docker('load', '--input', folder.at('app.tar'))
    large = (await randomImage(await folder.make('large'), 40_000_000)).reference
  }, 60_000)

  /** The proxy with the page's files, before this address. */
  async function start(name: string, backend: string): Promise<Balancer> {
    const { files, command, head } = PROXIES[name] as Proxy
    const place = await folder.make(crypto.randomUUID())
    const paths = files.map((file) => `${place}/${file.slice(file.lastIndexOf('/') + 1)}`)
    for (const [index, file] of files.entries()) {
      const text = page
        .block(file)
        .replaceAll('127.0.0.1:5000', backend)
        .replaceAll('registry.example.com', 'localhost')
        .replaceAll('/etc/ssl/berth', folder.path)
        .replaceAll('/etc/traefik', place)
        .replaceAll(/(?<=listen |:)80\b/g, String(ports.web))
        .replaceAll(/(?<=listen |:)443\b/g, String(ports.tls))
      await writeFile(paths[index] ?? '', index === 0 ? `${head?.(ports) ?? ''}${text}` : text)
    }
    await writeNginxConf(place)
    await mkdir(`${place}/home`)
    const env = { HOME: `${place}/home`, XDG_DATA_HOME: `${place}/home`, XDG_CONFIG_HOME: `${place}/home` }
    const proxy = await startProxy(command(paths[0] ?? ''), { folder: place, port: ports.tls, env })
    // Traefik listens before it has read where to.
    await untilTrue(`${name} passes requests on`, passesOn, PATIENCE_MS)
    return proxy
  }

  test('Berth is set up as everywhere', () => {
    expect(page.steps('start')).toEqual(steps(section('Start')))
  })

  const check = page.steps('check')
  for (const name of Object.keys(PROXIES))
    describeClient(name, [name], () => {
      describe('before Berth', () => {
        let proxy: Balancer
        beforeAll(async () => {
          proxy = await start(name, guide.host)
        }, PATIENCE_MS)
        afterAll(() => proxy.stop())

        test('plain HTTP leads to HTTPS', async () => {
          const answer = await fetch(`http://localhost:${ports.web}/v2/`, { redirect: 'manual' })
          expect([301, 308]).toContain(answer.status)
          expect(answer.headers.get('location')).toMatch(/^https:\/\/localhost(?::\d+)?\/v2\/$/)
        })

        for (const step of check)
          test(`$ ${step.command}`, async () => {
            // Each proxy has its own image, which docker has to send.
            if (step.command.startsWith('docker tag')) await newApp()
            await guide.follow(step)
          })

        test('a client cannot say that it is somebody else', async () => {
          const headers = ['-H', 'X-Forwarded-For: 203.0.113.9', '-u', `root:wrong ${name}`]
          // Not from the address of the proxy, which is trusted.
          const from = ['-4', '--interface', '127.0.0.2']
          await run([program('curl'), '-s', ...from, ...headers, `https://localhost:${ports.tls}/v2/`], {
            env: guide.env,
          })
          const rows = await guide.shell('berth audit export | tail -n 1 | jq -r ".outcome, .actor.address"')
          expect(rows.stdout).toBe('refused\n127.0.0.2\n')
        })

        test('a name with a slash arrives at the API as it was sent', async () => {
          const password = await Bun.file(folder.at('root.password')).text()
          const address = `https://localhost:${ports.tls}/api/v1/repositories/team%2Fapp/history`
          const shown = ['-o', '/dev/null', '-w', '%{http_code}', '-u', `root:${password.trim()}`]
          expect(await must([program('curl'), '-s', ...shown, address], { env: guide.env })).toBe('200')
        })

        test('40 MB in one layer go through', async () => {
          const target = `docker://localhost:${ports.tls}/team/${name}/large:1`
          const creds = `root:${(await Bun.file(folder.at('root.password')).text()).trim()}`
          const options = ['--dest-cert-dir', certificates.caFolder, '--dest-creds', creds]
          await must([program('skopeo'), 'copy', '-q', ...options, large, target], { env: guide.env })
        })
      })

      describe('before something that looks at what arrives', () => {
        let standIn: StandIn
        let proxy: Balancer
        beforeAll(async () => {
          standIn = startStandIn('berth')
          proxy = await start(name, standIn.address)
        }, PATIENCE_MS)
        afterAll(async () => {
          await proxy.stop()
          await standIn.stop()
        })

        test('a body arrives while it is still being sent', async () => {
          const part = new Uint8Array(4 * 1024 * 1024)
          const { promise: halfway, resolve: proceed } = Promise.withResolvers<void>()
          async function* body() {
            yield part
            await halfway
            yield part
          }
          const url = `https://localhost:${ports.tls}/v2/a/blobs/uploads/1`
          const tls = { ca: await Bun.file(certificates.caFile).text() }
          const answer = fetch(url, { method: 'PATCH', body: body(), tls })
          await untilTrue('the first half is there', () => standIn.received === part.length, PATIENCE_MS)
          proceed()
          expect(await (await answer).json()).toEqual({ name: 'berth', size: 2 * part.length })
        })

        test('the host passes as it was asked for', () => {
          expect(standIn.last?.get('host')).toBe(`localhost:${ports.tls}`)
        })
      })
    })

  test('every block of the page was run, but those of proxies that are not here', () => {
    const absent = Object.entries(PROXIES).flatMap(([name, { files }]) => (which(name) === undefined ? files : []))
    expect(page.left().filter((block) => !absent.includes(block))).toEqual([])
  })

  async function passesOn(): Promise<boolean> {
    const tls = { ca: await Bun.file(certificates.caFile).text() }
    const answer = await fetch(`https://localhost:${ports.tls}/v2/`, { tls }).catch(() => undefined)
    return answer?.status === 200 || answer?.status === 401
  }

  async function newApp(): Promise<void> {
    const place = await folder.make(crypto.randomUUID())
    await writeFile(`${place}/Dockerfile`, 'FROM app\nCOPY unique /\n')
    await appendFile(`${place}/unique`, place)
    await docker('build', '-q', '-t', 'app', place)
  }
})
