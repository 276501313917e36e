import { Turns } from '../lib/turns.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { type MediaType, OCI_INDEX } from '../oci/media-type.ts'
import { isRepositoryName, isTag } from '../oci/name.ts'
import { type FetchedManifest, RemoteError } from '../registry/image-source.ts'
import type { Answer } from './guarded-egress.ts'
import { isMarkedByRegistry } from './remote-absence.ts'
import { fetchBlob } from './remote-blobs.ts'
import type { RemoteCalls } from './remote-calls.ts'
import { digestOf, pullScope, resolveRemote } from './remote-manifests.ts'
import { fallbackTag, type RemoteReferrers } from './remote-referrers.ts'
import { pushScope, requireSameDigest } from './remote-uploads.ts'

/** How often the list of a fallback tag is written again when somebody else wrote it meanwhile. */
const MOST_LIST_TRIES = 3

/** Whether the registry has the blob in this repository (end-2). */
export async function hasRemoteBlob(
  calls: RemoteCalls,
  name: string,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!isRepositoryName(name)) return false
  const path = `/v2/${name}/blobs/${digest}`
  const answer = await calls.call({ method: 'HEAD', path, scopes: [pullScope(name)], expects: [200, 404], signal })
  await answer.discard()
  if (answer.status === 200) return true
  // Sent to its storage by the registry, which lost the blob: to put it again mends that.
  if (isMarkedByRegistry(answer) || answer.url.origin !== calls.base.origin) return false
  const blob = await fetchBlob(calls, { name, digest, signal })
  await blob?.body.cancel()
  return blob !== undefined
}

interface ManifestToPut {
  readonly name: string
  readonly manifest: FetchedManifest
  readonly tags: readonly string[]
  readonly signal: AbortSignal | undefined
}

/** Puts manifests and moves tags at another registry. */
export class RemoteManifestWriter {
  readonly #calls: RemoteCalls
  readonly #referrers: RemoteReferrers
  readonly #turns = new Turns<string>()

  constructor(calls: RemoteCalls, referrers: RemoteReferrers) {
    this.#calls = calls
    this.#referrers = referrers
  }

  /** end-7a: by digest, or once for each tag. @throws RemoteError */
  async put({ name, manifest, tags, signal }: ManifestToPut): Promise<void> {
    requireNames(name, tags, this.#calls.label)
    const { digest } = manifest
    // A tag is stored under the registry's own algorithm; another one has to stand in the address.
    const references = tags.length === 0 || !digest.startsWith('sha256:') ? [withTags(digest, tags)] : tags
    let listsSubject = true
    for (const reference of references) {
      const answer = await this.#putOne(name, reference, manifest, signal)
      if (reference !== digest && reference.startsWith(digest)) this.#requireTagged(answer, tags)
      listsSubject &&= answer.header('oci-subject') !== undefined
    }
    if (!listsSubject) await this.#listUnderTag(name, manifest, signal)
  }

  async #putOne(
    name: string,
    reference: string,
    manifest: FetchedManifest,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const answer = await this.#calls.call({
      method: 'PUT',
      path: `/v2/${name}/manifests/${reference}`,
      scopes: [pushScope(name)],
      headers: { 'content-type': manifest.mediaType },
      body: async () => manifest.content,
      expects: [200, 201, 202],
      // The same bytes under the same name.
      mayRepeat: true,
      signal,
    })
    await answer.discard()
    requireSameDigest(answer, manifest.digest, this.#calls.label)
    return answer
  }

  #requireTagged(answer: Answer, tags: readonly string[]): void {
    const set = new Set((answer.header('oci-tag') ?? '').split(',').map((tag) => tag.trim()))
    if (tags.every((tag) => set.has(tag))) return
    throw new RemoteError('invalid', `${this.#calls.label} cannot tag manifests whose digests are not sha256`)
  }

  /** Where the registry does not list referrers itself, whoever puts one does (distribution-spec, "Pushing Manifests with Subject"). */
  async #listUnderTag(name: string, manifest: FetchedManifest, signal: AbortSignal | undefined): Promise<void> {
    const about = subjectOf(manifest)
    if (about === undefined || (await this.#referrers.byApi(name, about.subject, signal)) !== undefined) return
    const { subject, entry } = about
    await this.#turns.run(`${name} ${subject}`, async () => {
      for (let tries = 0; tries < MOST_LIST_TRIES; tries++) {
        const listed = await this.#referrers.byTag(name, subject, signal)
        if (listed.some(({ digest }) => digest === entry.digest)) return
        await this.#putOne(name, fallbackTag(subject), indexOf([...listed, entry]), signal)
      }
      const listed = await this.#referrers.byTag(name, subject, signal)
      if (listed.some(({ digest }) => digest === entry.digest)) return
      throw new RemoteError('failed', `${this.#calls.label} did not keep what was added to a list of referrers`)
    })
  }

  /** end-9, by tag only: a digest would take other tags with it. @throws RemoteError where that cannot be done */
  async deleteTag(name: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    if (!isRepositoryName(name) || !isTag(tag)) return false
    const answer = await this.#calls.call({
      method: 'DELETE',
      path: `/v2/${name}/manifests/${tag}`,
      scopes: [`repository:${name}:delete`],
      expects: [200, 202, 204, 400, 404, 405],
      mayRepeat: true,
      signal,
    })
    await answer.discard()
    if (answer.status < 300) return true
    const isThere = (await resolveRemote(this.#calls, name, tag, signal)) !== undefined
    if (!isThere) return false
    const message = `${this.#calls.label} does not delete single tags (status ${answer.status}); delete it there by hand`
    throw new RemoteError('refused', message)
  }
}

function requireNames(name: string, tags: readonly string[], label: string): void {
  if (isRepositoryName(name) && tags.every(isTag)) return
  throw new RemoteError('invalid', `${label} cannot have a repository or a tag of such a name`)
}

function withTags(digest: Digest, tags: readonly string[]): string {
  return tags.length === 0 ? digest : `${digest}?${tags.map((tag) => `tag=${tag}`).join('&')}`
}

/** As an entry of the list of referrers, if it is one. */
function subjectOf(manifest: FetchedManifest): { subject: Digest; entry: Descriptor } | undefined {
  const parsed = parsedOrNot(manifest)
  const subject = parsed?.subject?.digest
  if (parsed === undefined || subject === undefined || !isDigest(subject)) return undefined
  const { artifactType, annotations } = parsed
  const { digest, mediaType, content } = manifest
  const listed = {
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  }
  return { subject, entry: { mediaType, digest, size: content.byteLength, ...listed } }
}

function parsedOrNot({ content, mediaType }: FetchedManifest): Manifest | undefined {
  try {
    return parseManifest(content, mediaType as MediaType)
  } catch {
    // Of a type that we do not know.
    return undefined
  }
}

function indexOf(manifests: readonly Descriptor[]): FetchedManifest {
  const content = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }))
  return { digest: digestOf(content, 'sha256'), mediaType: OCI_INDEX, content }
}
