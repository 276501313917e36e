import type { Answer, Content } from '../../faults/support/client.ts'
import type { Random } from '../../faults/support/random.ts'
import { type Image, LEASE_MS } from './model.ts'
import { COMMONS, textOf, type World } from './world.ts'

const OCTETS = { 'content-type': 'application/octet-stream' }

/** Where one client pushes to, and what it was promised there. */
export interface Spot {
  readonly world: World
  readonly random: Random
  readonly repository: string
  /** Nobody else changes this repository. */
  readonly isOwn: boolean
  readonly promise: (digest: string, until: number) => void
}

export function manifestPath(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`
}

export function blobPath(repository: string, digest: string): string {
  return `/v2/${repository}/blobs/${digest}`
}

/** Blobs by HEAD, mount or upload, as clients do it: what is said to be there is not sent. */
export async function provide(spot: Spot, blobs: readonly Content[]): Promise<number> {
  let until = Number.POSITIVE_INFINITY
  for (const blob of blobs) until = Math.min(until, await provideOne(spot, blob))
  return until
}

async function provideOne(spot: Spot, blob: Content): Promise<number> {
  const { world, random, repository } = spot
  const sentAt = Date.now()
  const head = await world.ask('HEAD', blobPath(repository, blob.digest))
  if (head.status === 200) return promised(spot, blob, sentAt + LEASE_MS / 2)
  if (head.status !== 404) world.problem(`${head.asked} → ${head.status}`)
  if (random.chance(0.35) && (await mount(spot, blob))) return sentAt + LEASE_MS
  return pushBlob(spot, blob)
}

function promised({ promise }: Spot, { digest }: Content, until: number): number {
  promise(digest, until)
  return until
}

export async function mount(spot: Spot, blob: Content): Promise<boolean> {
  const { world, random, repository } = spot
  const from = random.pick([COMMONS, ...world.shelves.map(({ name }) => name)].filter((name) => name !== repository))
  const sentAt = Date.now()
  const answer = await world.ask('POST', `/v2/${repository}/blobs/uploads/?mount=${blob.digest}&from=${from}`)
  if (answer.status === 201) {
    world.count('mounts')
    noteChange(spot, 'blob.pushed')
    promised(spot, blob, sentAt + LEASE_MS)
    return true
  }
  if (answer.status !== 202) world.problem(`${answer.asked} → ${answer.status} ${textOf(answer)}`)
  const cancelled = await world.ask('DELETE', answer.headers.get('location') ?? '')
  if (cancelled.status !== 204) world.problem(`${cancelled.asked} → ${cancelled.status}`)
  return false
}

function noteChange({ world, repository, isOwn }: Spot, action: string): void {
  if (isOwn) world.changed(action, repository)
}

/** In one request, in a session, in chunks, or finished by two at once. Returns until when it is promised. */
export async function pushBlob(spot: Spot, blob: Content): Promise<number> {
  const { world, random, repository } = spot
  const sentAt = Date.now()
  const way = random.pick(['post', 'put', 'chunks', 'twice'] as const)
  world.count(`blobs pushed (${way})`)
  const path = way === 'post' ? undefined : await start(spot)
  if (path === undefined) {
    const to = `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`
    expectCreated(spot, await world.ask('POST', to, { headers: OCTETS, body: blob.bytes }), blob)
    return promised(spot, blob, sentAt + LEASE_MS)
  }
  const sent = way === 'put' ? 0 : await sendChunks(spot, path, blob)
  const body = blob.bytes.slice(sent)
  const finish = () => world.ask('PUT', `${path}?digest=${blob.digest}`, { headers: OCTETS, body })
  if (way !== 'twice') expectCreated(spot, await finish(), blob)
  else expectOneCreated(spot, await Promise.all([finish(), finish()]), blob)
  if (random.chance(0.1)) await repeat(spot, path, blob)
  return promised(spot, blob, sentAt + LEASE_MS)
}

async function start({ world, repository }: Spot): Promise<string> {
  const answer = await world.ask('POST', `/v2/${repository}/blobs/uploads/`)
  const path = answer.headers.get('location')
  if (answer.status !== 202 || path === null) world.problem(`${answer.asked} → ${answer.status} ${textOf(answer)}`)
  return path ?? ''
}

async function sendChunks({ world, random }: Spot, path: string, { bytes }: Content): Promise<number> {
  let sent = 0
  for (let chunks = random.between(1, 3); chunks > 0 && sent < bytes.length; chunks--) {
    const end = chunks === 1 ? bytes.length : random.between(sent + 1, bytes.length)
    const headers = { ...OCTETS, 'content-range': `${sent}-${end - 1}` }
    const answer = await world.ask('PATCH', path, { headers, body: bytes.slice(sent, end) })
    if (answer.status !== 202) world.problem(`${answer.asked} → ${answer.status} ${textOf(answer)}`)
    sent = end
  }
  return sent
}

function expectCreated(spot: Spot, answer: Answer, blob: Content): void {
  if (answer.status === 201) noteChange(spot, 'blob.pushed')
  else spot.world.problem(`${answer.asked}, ${blob.bytes.length} bytes → ${answer.status} ${textOf(answer)}`)
}

/** Invariant 16: one 201, the other the same, or none of its business any more. */
function expectOneCreated(spot: Spot, answers: readonly Answer[], blob: Content): void {
  const statuses = answers.map(({ status }) => status).sort((a, b) => a - b)
  if (statuses[0] !== 201 || ![201, 404, 416].includes(statuses[1] ?? 0))
    spot.world.problem(`two PUTs of ${blob.digest} to ${spot.repository} at once: ${statuses.join(' and ')}`)
  noteChange(spot, 'blob.pushed')
}

/** Invariant 17: the PUT whose answer may have been lost. */
async function repeat({ world }: Spot, path: string, { digest }: Content): Promise<void> {
  const answer = await world.ask('PUT', `${path}?digest=${digest}`)
  if (answer.status !== 201) world.problem(`the same again: ${answer.asked} → ${answer.status} ${textOf(answer)}`)
  world.count('repeats')
}

export function putManifest({ world, repository }: Spot, reference: string, image: Image): Promise<Answer> {
  const headers = { 'content-type': image.mediaType }
  return world.ask('PUT', manifestPath(repository, reference), { headers, body: image.bytes })
}
