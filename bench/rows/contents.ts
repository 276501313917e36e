import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { content } from '../../test/conformance/support/content.ts'
import { OCI_CONFIG, OCI_MANIFEST } from '../../test/conformance/support/manifests.ts'
import { descriptor, type Image, manifestOf, pushImage as pushTestImage } from '../../test/e2e/support/images.ts'
import { registryAt } from '../../test/e2e/support/server.ts'
import { makeTar } from '../../test/scanning/support/make-tar.ts'
import { debianLayer, hasProgram, largeDebianLayer } from '../../test/scanning/support/real-content.ts'
import { makeAccounts, tokenHeaders } from '../support/accounts.ts'
import { alternate } from '../support/alternate.ts'
import { runBerth, startBerth } from '../support/contestants.ts'
import { MANIFEST_TYPE, REPOSITORY } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { measureLayer } from '../support/measure-layer.ts'
import { hasRecords, measureRematch } from '../support/measure-rematch.ts'
import { measureRequests } from '../support/requests.ts'
import type { Figure } from '../support/result.ts'
import { pushImage } from '../support/seed.ts'
import type { Server } from '../support/server.ts'

/** Row 30: reading a layer, by everything that looks into it. */
export async function inventories(lab: Lab): Promise<void> {
  if (!hasProgram('debootstrap')) return lab.skip(30, 'debootstrap is not installed')
  const layers = [
    ['inventory-unpacked', debianLayer(), 'a Debian layer of 200 MB unpacked, gzip'],
    ['inventory-packed', largeDebianLayer(), 'a Debian layer of more than 200 MB packed, gzip'],
  ] as const
  for (const [id, path, what] of layers) {
    const figures = await alternate(lab.options.pairs, ['berth'], async (): Promise<Figure> => {
      const { ms, peakBytes } = await measureLayer(path)
      return { value: ms, peakBytes }
    })
    lab.add({ row: 30, id, what: `inventory of ${what}`, unit: 'ms', figures })
  }
}

const EACH = 200

/** Row 31: new vulnerability data for everything that is here. */
export async function rematch(lab: Lab): Promise<void> {
  if (!hasRecords()) return lab.skip(31, 'there are no records at ../shared/data/osv')
  const images = lab.options.quick ? 1000 : 10_000
  const { packages, firstMs, againMs } = await measureRematch(lab.scratch('rematch'), images, EACH)
  const what = `${images} images of ${EACH} packages, ${packages} of them different`
  const add = (id: string, text: string, value: number) =>
    lab.add({ row: 31, id, what: `${text}: ${what}`, unit: 'ms', figures: { berth: [{ value }] } })
  add('rematch-first', 'everything matched for the first time', firstMs)
  add('rematch-again', 'everything matched with new data', againMs)
  lab.scratch('rematch')
}

const MANIFEST = `/v2/${REPOSITORY}/manifests/t1`
const TOKEN = `/token?service=berth&scope=repository:${REPOSITORY}:pull,push`
const RULES = [
  ['no-critical', '--severity', 'critical', '--unscanned', 'allow'],
  ['small-ones', '--severity', 'low', '--unscanned', 'allow'],
  ['fixable', '--severity', 'medium', '--fix-available', '--unscanned', 'allow'],
]

/** Row 32: what rules add to a pull: two servers that differ in nothing else. */
export async function policy(lab: Lab): Promise<void> {
  if (!lab.has(32, 'wrk')) return
  const without = await openProject(lab, 'policy-without', [])
  const ruled = await openProject(lab, 'policy-with', RULES)
  try {
    const figures = await alternate(lab.options.pairs, ['berth', 'secured'], (who) =>
      measureRequests(lab, {
        ...(who === 'berth' ? without : ruled),
        ...{ requests: [MANIFEST], connections: 32 },
      }),
    )
    const what = `manifest GET with a token, c=32: without rules, and with ${RULES.length} that are enforced`
    lab.add({ row: 32, id: 'policy', what, unit: 'req/s', cpuPer: '1k', figures })
  } finally {
    await without.server.stop()
    await ruled.server.stop()
  }
}

interface Opened {
  readonly server: Server
  readonly headers: Readonly<Record<string, string>>
}

async function openProject(lab: Lab, name: string, rules: readonly (readonly string[])[]): Promise<Opened> {
  const dir = lab.scratch(name)
  const store = join(dir, 'store')
  const accounts = await makeAccounts(store, REPOSITORY)
  const [project = ''] = REPOSITORY.split('/')
  for (const rule of rules) await runBerth(dir, ['policy', 'add', project, ...rule, '--mode', 'enforce'])
  const server = await startBerth({ dir })
  await pushImage(server.url, lab.data.image, accounts.robot.headers)
  const token = await tokenHeaders(server.url, accounts.robot, TOKEN)
  return { server, headers: { Accept: MANIFEST_TYPE, ...token } }
}

/** Images in one timed section, each with a layer of its own that is looked into while the next ones are pushed. */
const PUSHED = 60

/** Row 33: pushes one after the other, while nobody looks into them and while everything is looked into. */
export async function scannedPushes(lab: Lab): Promise<void> {
  const off = await startBerth({ dir: lab.scratch('scan-off'), env: { BERTH_SCANNING__ENABLED: 'false' } })
  const on = await startBerth({
    ...{ dir: lab.scratch('scan-on') },
    env: { BERTH_SCANNING__ENABLED: 'true', BERTH_SCANNING__VULNERABILITIES__UPDATE: 'never' },
  })
  try {
    const figures = await alternate(lab.options.pairs, ['berth', 'busy'], (who, pair) =>
      pushImages(who === 'berth' ? off : on, `${who}-${pair}`),
    )
    const what = `an image of two blobs pushed, ${PUSHED} one after the other: scanning off, and on`
    lab.add({ row: 33, id: 'scanned-pushes', what, unit: 'ms', figures })
  } finally {
    await off.stop()
    await on.stop()
  }
}

async function pushImages({ url }: Server, label: string): Promise<Figure> {
  const registry = registryAt(url)
  const times: number[] = []
  for (let n = 0; n < PUSHED; n++) {
    const one = debianImage(`${label}-${n}`)
    const startedAt = performance.now()
    await pushTestImage({ registry, name: `bench/${label}` }, one, `v${n}`)
    times.push(performance.now() - startedAt)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { value: at(0.5), p50: at(0.5), p99: at(0.99) }
}

/** With a package database of its own. */
function debianImage(label: string): Image {
  const status = Array.from(
    { length: 100 },
    (_, n) => `Package: p${n}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${n}-${label}\n`,
  ).join('\n')
  const tar = makeTar(
    { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
    { path: 'var/lib/dpkg/status', content: status },
  )
  const layer = content(new Uint8Array(gzipSync(tar)))
  const config = content(JSON.stringify({ architecture: 'amd64', os: 'linux', label }))
  const type = 'application/vnd.oci.image.layer.v1.tar+gzip'
  const body = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST },
    ...{ config: descriptor(config, OCI_CONFIG), layers: [descriptor(layer, type)] },
  }
  return { config, layer, manifest: manifestOf(body, OCI_MANIFEST), body }
}
