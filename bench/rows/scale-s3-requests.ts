import { type PushedImage, pullImage, pushFreshImage } from '../support/image-traffic.ts'
import type { Lab } from '../support/lab.ts'
import type { S3Request } from '../support/s3-server.ts'
import type { Scale, ScaleContestant } from '../support/scale.ts'
import type { Server } from '../support/server.ts'

const ROW = 23
const REPOSITORY = 'bench/counted'
/** What is left to do after a push is answered is counted too: the recovery log is written a few seconds later. */
const AFTERWARDS_MS = 12_000

/** What was asked of S3 for one push, for a pull by a server that has just started, and for that pull once more. */
interface Counts {
  readonly push: readonly S3Request[]
  readonly later: readonly S3Request[]
  readonly cold: readonly S3Request[]
  readonly warm: readonly S3Request[]
}

/** Row 23, third part: S3 requests of a push and of a pull, as the S3 server counts them. */
export async function s3Requests(lab: Lab, scale: Scale): Promise<void> {
  for (const client of lab.options.quick ? (['docker'] as const) : (['docker', 'containerd'] as const)) {
    const berth = await count(scale, 'berth', { client, redirect: false })
    const peer = await count(scale, 'peer', { client, redirect: false })
    add(lab, { id: `push-${client}`, what: `push as ${client} does`, of: (counts) => counts.push, berth, peer })
    if (client === 'docker') addPulls(lab, '', { berth, peer })
  }
  const berth = await count(scale, 'berth', { client: 'docker', redirect: true })
  const peer = await count(scale, 'peer', { client: 'docker', redirect: true })
  addPulls(lab, ', blobs by redirect (with the client’s own)', { berth, peer })
}

function addPulls(lab: Lab, more: string, both: { berth: Counts; peer: Counts }): void {
  const id = more === '' ? '' : '-redirected'
  add(lab, { id: `pull-cold${id}`, what: `pull from a server just started${more}`, of: ({ cold }) => cold, ...both })
  add(lab, { id: `pull-warm${id}`, what: `pull once more${more}`, of: ({ warm }) => warm, ...both })
}

interface Counted {
  readonly id: string
  readonly what: string
  readonly of: (counts: Counts) => readonly S3Request[]
  readonly berth: Counts
  readonly peer: Counts
}

function add(lab: Lab, { id, what, of, berth, peer }: Counted): void {
  const figures = { berth: [{ value: of(berth).length }], peer: [{ value: of(peer).length }] }
  const later = id.startsWith('push') ? `; Berth later, for the recovery log: ${byOperation(berth.later)}` : ''
  const note = `Berth: ${byOperation(of(berth))}${later}; docker-registry: ${byOperation(of(peer))}`
  lab.add({ row: ROW, id: `s3-${id}`, what: `S3 requests of a 100 MiB image, ${what}`, unit: 'count', figures, note })
}

async function count(
  scale: Scale,
  who: ScaleContestant,
  { client, redirect }: { client: 'docker' | 'containerd'; redirect: boolean },
): Promise<Counts> {
  const options = { name: `counted-${client}${redirect ? '-redirect' : ''}`, redirect }
  const { push, later, image } = await withServer(await scale.start(who, options), async (server) => {
    // The first push of all makes what is made once.
    await pushFreshImage(server, { repository: REPOSITORY, tag: 'first', client })
    await Bun.sleep(AFTERWARDS_MS)
    const watched = scale.s3.watch()
    const image = await pushFreshImage(server, { repository: REPOSITORY, tag: 'counted', client })
    const push = await watched()
    await Bun.sleep(AFTERWARDS_MS)
    return { push, later: (await watched()).slice(push.length), image }
  })
  const pulls = await withServer(await scale.start(who, options), async (server) => ({
    cold: await countPull(scale, server, image),
    warm: await countPull(scale, server, image),
  }))
  return { push, later, ...pulls }
}

async function countPull(scale: Scale, server: Server, image: PushedImage): Promise<S3Request[]> {
  // Whatever a start asks is over.
  await Bun.sleep(3000)
  const watched = scale.s3.watch()
  await pullImage(server, image)
  return watched()
}

async function withServer<T>(server: Server, use: (server: Server) => Promise<T>): Promise<T> {
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

/** S3's own words for them, by method and query. */
export function operationOf({ method, target }: S3Request): string {
  const [path = '', query = ''] = target.split('?')
  const words = new URLSearchParams(query)
  const isBucket = path.split('/').filter((part) => part !== '').length < 2
  if (words.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : 'ListMultipartUploads'
  if (words.has('uploadId')) return MULTIPART[method] ?? method
  if (words.has('delete')) return 'DeleteObjects'
  if (isBucket && method === 'GET') return 'ListObjects'
  return OBJECT[method] ?? method
}

const MULTIPART: Readonly<Record<string, string>> = {
  PUT: 'UploadPart',
  POST: 'CompleteMultipartUpload',
  DELETE: 'AbortMultipartUpload',
  GET: 'ListParts',
}
const OBJECT: Readonly<Record<string, string>> = {
  GET: 'GetObject',
  HEAD: 'HeadObject',
  PUT: 'PutObject',
  DELETE: 'DeleteObject',
}

export function byOperation(requests: readonly S3Request[]): string {
  const counts = new Map<string, number>()
  for (const request of requests) {
    const operation = operationOf(request)
    counts.set(operation, (counts.get(operation) ?? 0) + 1)
  }
  const parts = [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([operation, times]) => `${times} ${operation}`)
  return parts.length === 0 ? 'none' : parts.join(', ')
}
