import { basename, join } from 'node:path'
import { type Answer, digestOf, send } from './client.ts'
import { isEncrypted, storedBytesOf } from './stored-upload.ts'
import type { Session, World } from './workload.ts'

/** Looks at everything a run touched; what is wrong goes to `world.problems`. */
export async function checkWorld(world: World, dataDir: string): Promise<void> {
  for (const key of world.history.keys('blob ')) await checkBlob(world, key)
  for (const key of world.history.keys('manifest ')) await checkManifest(world, key)
  for (const key of world.history.keys('tag ')) await checkTag(world, key)
  for (const repository of world.repositories) await checkTagList(world, repository)
  await checkTogether(world)
  for (const session of world.sessions) await checkSession(world, session, dataDir)
}

function get(world: World, path: string): Promise<Answer> {
  return send(world.url, 'GET', path)
}

/** What stands under a key, compared with what may stand there. */
function judge(world: World, key: string, found: string | undefined): void {
  const candidates = world.history.candidates(key)
  if (candidates.has(found)) return
  const wanted = [...candidates].map((value) => value ?? 'absent').join(' or ')
  world.problems.push(`${key}: is ${found ?? 'absent'}, should be ${wanted}\n${world.history.about(key)}`)
}

/** Invariants 1 to 3: byte-exact, with headers that agree, or absent. */
async function checkBlob(world: World, key: string): Promise<void> {
  const [, repository = '', digest = ''] = key.split(' ')
  const answer = await get(world, `/v2/${repository}/blobs/${digest}`)
  if (answer.status !== 404) checkBytes(world, answer, digest)
  judge(world, key, answer.status === 200 ? digest : undefined)
}

function checkBytes(world: World, { asked, status, headers, bytes }: Answer, digest: string): void {
  const problems = []
  if (status !== 200) problems.push(`status ${status}`)
  if (digestOf(bytes) !== digest) problems.push(`its ${bytes.length} bytes hash to ${digestOf(bytes)}`)
  if (headers.get('docker-content-digest') !== digest) problems.push('Docker-Content-Digest disagrees')
  const length = headers.get('content-length')
  // What is deciphered is streamed, and Bun sends a stream in chunks.
  const isStreamed = isEncrypted() && length === null
  if (length !== String(bytes.length) && !isStreamed) problems.push('Content-Length disagrees')
  if (problems.length > 0) world.problems.push(`${asked}: ${problems.join(', ')}`)
}

interface ManifestBody {
  readonly config?: { readonly digest: string; readonly size: number }
  readonly layers?: readonly { readonly digest: string; readonly size: number }[]
  readonly manifests?: readonly { readonly digest: string; readonly size: number }[]
}

/** Invariant 5: what can be seen is complete. */
async function checkManifest(world: World, key: string): Promise<void> {
  const [, repository = '', digest = ''] = key.split(' ')
  const answer = await get(world, `/v2/${repository}/manifests/${digest}`)
  judge(world, key, answer.status === 200 ? digest : undefined)
  if (answer.status === 404) return
  checkBytes(world, answer, digest)
  const body = JSON.parse(new TextDecoder().decode(answer.bytes)) as ManifestBody
  const blobs = [...(body.config === undefined ? [] : [body.config]), ...(body.layers ?? [])]
  for (const blob of blobs) await checkReference(world, `/v2/${repository}/blobs/${blob.digest}`, blob)
  for (const child of body.manifests ?? [])
    await checkReference(world, `/v2/${repository}/manifests/${child.digest}`, child)
}

async function checkReference(world: World, path: string, { digest, size }: { digest: string; size: number }) {
  const answer = await get(world, path)
  if (answer.status === 200 && answer.bytes.length === size && digestOf(answer.bytes) === digest) return
  world.problems.push(`${path}, which a visible manifest needs: status ${answer.status}, ${answer.bytes.length} bytes`)
}

/** Invariant 4: a tag names a manifest of its repository. */
async function checkTag(world: World, key: string): Promise<void> {
  const [, repository = '', tag = ''] = key.split(' ')
  const answer = await get(world, `/v2/${repository}/manifests/${tag}`)
  if (answer.status !== 200 && answer.status !== 404) world.problems.push(`${answer.asked}: ${answer.status}`)
  const digest = answer.status === 200 ? digestOf(answer.bytes) : undefined
  judge(world, key, digest)
  if (digest === undefined) return
  const byDigest = await get(world, `/v2/${repository}/manifests/${digest}`)
  if (byDigest.status !== 200) world.problems.push(`${key} names ${digest}, which is ${byDigest.status}`)
}

async function checkTagList(world: World, repository: string): Promise<void> {
  const answer = await get(world, `/v2/${repository}/tags/list`)
  if (answer.status === 404) return
  const { tags } = JSON.parse(new TextDecoder().decode(answer.bytes)) as { tags: string[] }
  for (const tag of tags) {
    const { status } = await get(world, `/v2/${repository}/manifests/${tag}`)
    if (status !== 200) world.problems.push(`the list has ${repository}:${tag}, which is ${status}`)
  }
}

/** Of one request's effects either all are seen or none. */
async function checkTogether(world: World): Promise<void> {
  for (const { what, changes } of world.history.alone()) {
    const seen = new Set<boolean>()
    for (const { key } of changes) {
      const [kind, repository = '', reference = ''] = key.split(' ')
      const place = kind === 'blob' ? 'blobs' : 'manifests'
      seen.add((await get(world, `/v2/${repository}/${place}/${reference}`)).status === 200)
    }
    if (seen.size > 1) world.problems.push(`${what}: only part of it took effect`)
  }
}

/** Invariants 15 to 17: the offset is what is stored, resuming gives the blob, repeating gives the same again. */
async function checkSession(world: World, session: Session, dataDir: string): Promise<void> {
  const { path, state, midChunk, keptBytes, sentBytes } = session
  const answer = await get(world, path)
  if (state === 'done' && answer.status !== 404)
    world.problems.push(`${path}: finished, and its status is ${answer.status}`)
  if (state === 'open' && answer.status !== 204) world.problems.push(`${path}: acknowledged, and now ${answer.status}`)
  if (answer.status === 204) {
    const stored = storedBytesOf(join(dataDir, 'uploads', basename(path)))
    const offset = offsetOf(answer, stored)
    if (offset > stored) world.problems.push(`${path}: says ${offset}, ${stored} bytes are stored`)
    if (offset < keptBytes || offset > sentBytes || (!midChunk && offset !== keptBytes))
      world.problems.push(`${path}: says ${offset}; ${keptBytes} were acknowledged, ${sentBytes} sent`)
    await resume(world, session, offset)
  }
  await repeatPut(world, session)
}

/** `0-0` is said of no byte and of one. */
function offsetOf({ headers }: Answer, stored: number): number {
  const end = Number(headers.get('range')?.split('-')[1] ?? 'NaN')
  return end === 0 ? Math.min(stored, 1) : end + 1
}

async function resume(world: World, { repository, blob, path }: Session, offset: number): Promise<void> {
  const rest = blob.bytes.slice(offset)
  if (rest.length > 0) {
    const headers = { 'content-range': `${offset}-${blob.bytes.length - 1}` }
    const patched = await send(world.url, 'PATCH', path, { headers, body: rest })
    if (patched.status !== 202) world.problems.push(`${path}: resuming at ${offset} was answered ${patched.status}`)
  }
  const finished = await send(world.url, 'PUT', `${path}?digest=${blob.digest}`)
  if (finished.status !== 201) {
    const body = new TextDecoder().decode(finished.bytes)
    world.problems.push(`${path}: finishing after resuming at ${offset} was answered ${finished.status} ${body}`)
  }
  checkBytes(world, await get(world, `/v2/${repository}/blobs/${blob.digest}`), blob.digest)
}

/**
 * The same PUT once more, as after a lost answer. It says 201, also when it was done before; or the upload is gone, or
 * its blob was deleted since, and then pushing anew ends in the same state.
 */
async function repeatPut(world: World, { repository, blob, path, state }: Session): Promise<void> {
  if (state === 'open') return
  const blobPath = `/v2/${repository}/blobs/${blob.digest}`
  const before = await get(world, blobPath)
  const again = await send(world.url, 'PUT', `${path}?digest=${blob.digest}`)
  if (again.status === 404 && (state === 'finishing' || before.status === 404)) {
    const anew = `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`
    const pushed = await send(world.url, 'POST', anew, { body: blob.bytes })
    if (pushed.status !== 201) world.problems.push(`${path}: gone, and pushing anew was answered ${pushed.status}`)
  } else if (again.status !== 201) {
    world.problems.push(`${path}: was ${state}, and the same PUT again was answered ${again.status}`)
  }
  checkBytes(world, await get(world, blobPath), blob.digest)
}
