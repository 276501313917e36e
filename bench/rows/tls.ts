import { join } from 'node:path'
import { alternate } from '../support/alternate.ts'
import { makeCertificate } from '../support/certificate.ts'
import type { Contestant, StartOptions } from '../support/contestants.ts'
import { type BlobFile, GIB, KIB, MANIFEST_TYPE, MIB, REPOSITORY, sizeLabel } from '../support/data-set.ts'
import { startFresh, withFresh } from '../support/fresh.ts'
import type { Lab } from '../support/lab.ts'
import { push, pushesInWords, warmUpPushes } from '../support/push.ts'
import { requestRow } from '../support/requests.ts'
import { pushBlobs, pushImage, verifyBody } from '../support/seed.ts'
import type { Server } from '../support/server.ts'

const ROW = 21
const REGISTRIES: readonly Contestant[] = ['berth', 'peer', 'distribution', 'zot']
const SIZES = [MIB, 100 * MIB, GIB]
const MANIFEST = `/v2/${REPOSITORY}/manifests/t1`

/** Row 21: rows 2, 6 and 8 where every server speaks TLS itself (1.3, AES-128-GCM), with one certificate. */
export async function tls(lab: Lab): Promise<void> {
  if (!lab.has(ROW, 'openssl') || !lab.has(ROW, 'wrk')) return
  const options = { certificate: makeCertificate(lab.scratch('certificate')) }
  await pulls(lab, options)
  await pushes(lab, options)
}

async function pulls(lab: Lab, options: Omit<StartOptions, 'dir'>): Promise<void> {
  const contestants = lab.present(ROW, [...REGISTRIES, 'nginx'])
  const blobs = lab.data.big.filter(({ size }) => SIZES.includes(size))
  const servers = new Map<Contestant, Server>()
  try {
    for (const who of contestants) servers.set(who, await startFilled(lab, who, { blobs, options }))
    await manifestRow(lab, servers)
    for (const blob of blobs) await blobRow(lab, servers, blob)
  } finally {
    for (const server of servers.values()) await server.stop()
    lab.scratch('tls')
  }
}

interface Filled {
  readonly blobs: readonly BlobFile[]
  readonly options: Omit<StartOptions, 'dir'>
}

/** Filled over plain HTTP, then started again with TLS. */
async function startFilled(lab: Lab, who: Contestant, { blobs, options }: Filled): Promise<Server> {
  const dir = lab.scratch(join('tls', who))
  if (who !== 'nginx') {
    const filling = await startFresh(lab, who, { dir })
    await pushImage(filling.url, lab.data.image)
    await pushBlobs(filling.url, blobs)
    await filling.stop()
  }
  return startFresh(lab, who, { ...options, dir })
}

async function manifestRow(lab: Lab, servers: ReadonlyMap<Contestant, Server>): Promise<void> {
  const { manifestFile } = lab.data.image
  await requestRow(lab, {
    ...common(servers),
    id: 'tls-manifest-get',
    what: 'TLS: manifest GET by tag, c=32',
    connections: 32,
    requests: (who) => [who === 'nginx' ? manifestFile.staticPath : MANIFEST],
    headers: { Accept: MANIFEST_TYPE },
    unit: 'req/s',
  })
}

async function blobRow(lab: Lab, servers: ReadonlyMap<Contestant, Server>, blob: BlobFile): Promise<void> {
  const path = (who: Contestant) => (who === 'nginx' ? blob.staticPath : blob.registryPath)
  for (const [who, { url }] of servers) await verifyBody(`${url}${path(who)}`, blob.digest)
  await requestRow(lab, {
    ...common(servers),
    id: `tls-blob-get-${blob.label}`,
    what: `TLS: blob GET ${blob.label}, c=4`,
    connections: 4,
    requests: (who) => [path(who)],
    unit: 'MB/s',
  })
}

function common(servers: ReadonlyMap<Contestant, Server>) {
  const server = (who: Contestant) => {
    const found = servers.get(who)
    if (found === undefined) throw new Error(`${who} was not started`)
    return found
  }
  return { row: ROW, contestants: [...servers.keys()], server, atMostSeconds: 3 }
}

async function pushes(lab: Lab, options: Omit<StartOptions, 'dir'>): Promise<void> {
  const contestants = lab.present(ROW, REGISTRIES)
  for (const [size, count] of [
    [4 * KIB, 800],
    [GIB, 1],
  ] as const) {
    const wanted = { size, count, concurrency: 1, way: 'monolithic' } as const
    const measure = async (server: (who: Contestant) => Server) => {
      for (const who of contestants) await warmUpPushes(server(who), wanted)
      return alternate(lab.options.pairs, contestants, (who) => push(server(who), wanted))
    }
    const figures = await withFresh(lab, contestants, measure, options)
    const [unit, cpuPer] = size < MIB ? (['push/s', '1k'] as const) : (['MB/s', 'GiB'] as const)
    const what = `TLS: ${pushesInWords(wanted)}`
    lab.add({ row: ROW, id: `tls-push-${sizeLabel(size)}`, what, unit, cpuPer, figures })
  }
}
