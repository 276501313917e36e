import { algorithmOf, type Digest, isDigest } from '../oci/digest.ts'
import { isMediaType, MANIFEST_KINDS, type MediaType } from '../oci/media-type.ts'
import { isRepositoryName, isTag } from '../oci/name.ts'
import { createHasher } from '../lib/hasher.ts'
import { type FetchedManifest, RemoteError, type ResolvedManifest } from '../registry/image-source.ts'
import type { Answer } from './guarded-egress.ts'
import { isMarkedByRegistry } from './remote-absence.ts'
import type { Call, RemoteCalls } from './remote-calls.ts'
import { jsonObject } from './remote-tokens.ts'

/** As our own limit for a push, and everybody's. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024

/** All that can be copied first; then what else there is, to be refused by its type rather than not found. */
const ACCEPT = [...Object.keys(MANIFEST_KINDS), 'application/vnd.oci.artifact.manifest.v1+json', '*/*'].join(', ')

/** What pages for people have, and portals that stand before a registry. */
const PAGES = new Set(['text/html', 'application/xhtml+xml'])

export function pullScope(name: string): string {
  return `repository:${name}:pull`
}

/** Whether there can be such a thing at all; only then do these texts go into an address. */
export function canBeAsked(name: string, reference: string): boolean {
  return isRepositoryName(name) && (isTag(reference) || isDigest(reference))
}

/** @throws RemoteError invalid: a page for people, where a registry's answer was expected */
export function requireNoPage(answer: Answer, label: string): void {
  if (!isPage(answer)) return
  throw new RemoteError('invalid', `${label} answered with a page for people, as sign-in pages and proxies do`)
}

export function isPage(answer: Answer): boolean {
  return PAGES.has(typeOf(answer))
}

/** In lower case, without parameters; empty: there is none. */
export function typeOf(answer: Answer): string {
  return (answer.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function callFor(method: 'GET' | 'HEAD', name: string, reference: string, signal: AbortSignal | undefined): Call {
  const path = `/v2/${name}/manifests/${reference}`
  const expects = method === 'HEAD' ? [200, 404, 405] : [200, 404]
  return { method, path, scopes: [pullScope(name)], headers: { accept: ACCEPT }, expects, signal }
}

/** HEAD; GET where the registry does not do that, or says too little (end-3), also of who it is that has nothing. */
export async function resolveRemote(
  calls: RemoteCalls,
  name: string,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<ResolvedManifest | undefined> {
  if (!canBeAsked(name, reference)) return undefined
  const answer = await calls.call(callFor('HEAD', name, reference, signal))
  await answer.discard()
  if (answer.status === 404 && isMarkedByRegistry(answer)) return undefined
  if (answer.status === 200) {
    requireNoPage(answer, calls.label)
    const resolved = describedBy(answer, reference, calls.label)
    if (resolved !== undefined) return resolved
  }
  const manifest = await fetchManifest(calls, name, reference, signal)
  if (manifest === undefined) return undefined
  const { digest, mediaType, content } = manifest
  return { digest, mediaType, sizeBytes: content.byteLength }
}

/** Undefined: its headers do not say what it is. */
function describedBy(answer: Answer, reference: string, label: string): ResolvedManifest | undefined {
  const digest = answer.header('docker-content-digest')
  const mediaType = mediaTypeOf(answer)
  if (digest === undefined || !isDigest(digest) || mediaType === undefined) return undefined
  if (isDigest(reference) && reference !== digest) {
    // The same content may be known by its other digest; which it is, only the bytes tell.
    if (algorithmOf(reference) !== algorithmOf(digest)) return undefined
    throw mismatch(label)
  }
  const length = answer.header('content-length')
  return { digest, mediaType, sizeBytes: length === undefined ? undefined : Number(length) }
}

/** The bytes hash to what was asked for, or to what the registry says it sends. @throws RemoteError invalid */
export async function fetchManifest(
  calls: RemoteCalls,
  name: string,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest | undefined> {
  if (!canBeAsked(name, reference)) return undefined
  const whole = await calls.read(callFor('GET', name, reference, signal), MAX_MANIFEST_BYTES)
  const { answer, content } = whole
  if (content === undefined) return absent(calls, whole)
  requireNoPage(answer, calls.label)
  const said = answer.header('docker-content-digest')
  const expected = isDigest(reference) ? reference : said
  const digest = digestOf(content, expected !== undefined && isDigest(expected) ? algorithmOf(expected) : 'sha256')
  if (expected !== undefined && isDigest(expected) && expected !== digest) throw mismatch(calls.label)
  const mediaType = mediaTypeOf(answer) ?? typeWithin(content)
  if (mediaType === undefined)
    throw new RemoteError('invalid', `${calls.label} answered with something that has no type`)
  return { digest, mediaType, content }
}

/** @throws RemoteError invalid: it is no registry that says so */
export function absent(calls: RemoteCalls, { answer, code }: { answer: Answer; code: string | undefined }): undefined {
  if (code === undefined) throw calls.notLikeRegistry(answer)
  return undefined
}

function mismatch(label: string): RemoteError {
  return new RemoteError('invalid', `${label} answered with other bytes than the digest stands for`)
}

export function digestOf(content: Uint8Array, algorithm: 'sha256' | 'sha512'): Digest {
  const hasher = createHasher(algorithm)
  hasher.update(content)
  return `${algorithm}:${hasher.hex()}` as Digest
}

function mediaTypeOf(answer: Answer): MediaType | undefined {
  const type = (answer.header('content-type') ?? '').split(';', 1)[0]?.trim() ?? ''
  return isMediaType(type) ? type : undefined
}

function typeWithin(content: Uint8Array): MediaType | undefined {
  const type = jsonObject(content)?.mediaType
  return typeof type === 'string' && isMediaType(type) ? type : undefined
}
