import type { Contestant } from '../support/contestants.ts'
import { type DataSet, MANIFEST_TYPE, REPOSITORY } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { requestRow } from '../support/requests.ts'
import { verifyBody } from '../support/seed.ts'

const ACCEPT = { Accept: MANIFEST_TYPE }
const byTag = `/v2/${REPOSITORY}/manifests/t1`
const byDigest = (data: DataSet) => `/v2/${REPOSITORY}/manifests/${data.image.manifestFile.digest}`

/** Row 1: the least an HTTP answer costs. */
export async function floor(lab: Lab): Promise<void> {
  await requestRow(lab, {
    row: 1,
    id: 'floor',
    what: 'GET /v2/, c=32 (nginx: `return 200`)',
    contestants: ['berth', 'peer', 'distribution', 'zot', 'nginx'],
    connections: 32,
    requests: () => ['/v2/'],
    unit: 'req/s',
  })
}

/** Everybody; our promises rest on `secured`, with a Bearer token on each request. */
const ALL: readonly Contestant[] = ['berth', 'secured', 'peer', 'distribution', 'zot', 'nginx']

/** Row 2: manifest GET. */
export async function manifestGet(lab: Lab): Promise<void> {
  await verifyManifests(lab, ALL)
  const { manifestFile } = lab.data.image
  const row = (id: string, what: string, path: string, connections: number) =>
    requestRow(lab, {
      row: 2,
      id,
      what: `${what}, c=${connections}`,
      contestants: id === 'manifest-get' ? ALL : ['berth', 'peer', 'nginx'],
      connections,
      requests: (who) => [who === 'nginx' ? manifestFile.staticPath : path],
      headers: ACCEPT,
      unit: 'req/s',
    })
  await row('manifest-get', 'manifest GET by tag', byTag, 32)
  if (!lab.options.quick) {
    await row('manifest-get-1', 'manifest GET by tag', byTag, 1)
    await row('manifest-get-256', 'manifest GET by tag', byTag, 256)
    await row('manifest-get-digest', 'manifest GET by digest', byDigest(lab.data), 32)
  }
}

/** Row 3: HEAD by tag, and the answer to a client that already has the manifest. */
export async function manifestHead(lab: Lab): Promise<void> {
  const { manifestFile } = lab.data.image
  const head = {
    row: 3,
    connections: 32,
    requests: (who: Contestant) => [who === 'nginx' ? manifestFile.staticPath : byTag],
    method: 'HEAD',
    unit: 'req/s',
  } as const
  await requestRow(lab, {
    ...head,
    id: 'manifest-head',
    what: 'manifest HEAD by tag, c=32',
    contestants: ALL,
    headers: ACCEPT,
  })
  if (lab.options.quick) return
  await requestRow(lab, {
    ...head,
    id: 'manifest-304',
    what: 'manifest HEAD by tag with If-None-Match (304), c=32',
    contestants: ['berth', 'peer'],
    headers: { ...ACCEPT, 'If-None-Match': `"${manifestFile.digest}"` },
    status: 304,
  })
}

async function verifyManifests(lab: Lab, wanted: readonly Contestant[]): Promise<void> {
  const { manifestFile } = lab.data.image
  for (const who of lab.present(2, wanted)) {
    const { url } = await lab.server(who)
    const path = who === 'nginx' ? manifestFile.staticPath : byTag
    await verifyBody(`${url}${path}`, manifestFile.digest, { ...ACCEPT, ...(await lab.headers(who)) })
  }
}
