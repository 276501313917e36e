import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import type { MediaType } from '../oci/media-type.ts'

/** A manifest with its bytes, which hash to its digest. */
export interface FetchedManifest {
  readonly digest: Digest
  readonly mediaType: MediaType
  readonly content: Uint8Array<ArrayBuffer>
}

/** What a reference names, as far as a HEAD tells. */
export interface ResolvedManifest {
  readonly digest: Digest
  readonly mediaType: MediaType
  readonly sizeBytes: number | undefined
}

/** The bytes of a blob from some offset on. Whoever keeps them compares them with the digest first. */
export interface FetchedBlob {
  /** Of the whole blob; undefined where the other side did not say. */
  readonly sizeBytes: number | undefined
  readonly body: ReadableStream<Uint8Array>
}

/** A page of tags by name; `next` is the name to go on after. */
export interface TagPage {
  readonly tags: readonly string[]
  readonly next: string | undefined
}

/**
 * Somewhere that images come from: another registry, this one, a layout, an archive. Names are those of that place.
 * What is not there is undefined; whatever else goes wrong on the way is thrown as a `RemoteError`, or is an error of
 * the disk.
 */
export interface ImageSource {
  /** For people: `registry.example`, `/srv/layout`. */
  readonly label: string
  /** Asks for as little as possible (HEAD). `reference`: a tag or a digest. */
  resolve(name: string, reference: string, signal?: AbortSignal): Promise<ResolvedManifest | undefined>
  manifest(name: string, reference: string, signal?: AbortSignal): Promise<FetchedManifest | undefined>
  /** `offset`: skips so many bytes, to go on where an earlier attempt broke off. */
  blob(name: string, digest: Digest, options?: BlobRequest): Promise<FetchedBlob | undefined>
  tagPage(
    name: string,
    page: { readonly after: string; readonly limit: number },
    signal?: AbortSignal,
  ): Promise<TagPage | undefined>
  /** Everything that says it is about the manifest, by the referrers API or by the fallback tag. */
  referrers(name: string, subject: Digest, signal?: AbortSignal): Promise<readonly Descriptor[]>
  /** True once it is known that it has no such API: what is about an image is then found by its tags alone. */
  lacksReferrersApi?(): boolean
  /** Names of all repositories. */
  repositories(signal?: AbortSignal): AsyncIterable<string>
}

export interface BlobRequest {
  readonly offset?: number
  /** Of the whole, where a manifest says it: a small one need not wait behind large ones. */
  readonly sizeBytes?: number | undefined
  /** Waits for its turn as long as it takes, as copies do in the background; others hear that the place is busy. */
  readonly isPatient?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Bytes of a blob that is to be stored elsewhere; may be asked for again from another offset. */
export type OpenBlob = (offset: number) => Promise<ReadableStream<Uint8Array>>

/** Somewhere that images go to. Names are those of that place. */
export interface ImageTarget {
  readonly label: string
  /** What a tag or digest names there now. */
  resolve(name: string, reference: string, signal?: AbortSignal): Promise<ResolvedManifest | undefined>
  hasBlob(name: string, digest: Digest, signal?: AbortSignal): Promise<boolean>
  /** Takes the blob from another repository of the same place; false when that cannot be, and it has to be put. */
  mountBlob(name: string, digest: Digest, from: string, signal?: AbortSignal): Promise<boolean>
  /** The target checks the digest. */
  putBlob(name: string, blob: Descriptor, open: OpenBlob, signal?: AbortSignal): Promise<void>
  /** What it names is there already. Keeps fallback tags up to date where the place has no referrers API. */
  putManifest(name: string, manifest: FetchedManifest, tags: readonly string[], signal?: AbortSignal): Promise<void>
  /** Only the tag. False: there was none. */
  deleteTag(name: string, tag: string, signal?: AbortSignal): Promise<boolean>
}

export type RemoteErrorKind =
  /** No connection, no DNS name, broken TLS, or the connection broke. */
  | 'unreachable'
  /** No answer, or nothing more of one, for too long. */
  | 'timeout'
  /** 401 or 403 after we did what could be done. */
  | 'refused'
  /** 429, or our own budget for it is used up. */
  | 'rate-limited'
  /** 5xx. */
  | 'failed'
  /** It answered something that a registry does not: another digest, an HTML page, too many bytes. */
  | 'invalid'

interface RemoteErrorOptions {
  readonly cause?: unknown
  readonly retryAfterMs?: number | undefined
  readonly said?: string | undefined
}

/** Another place could not be used. The message is for people, names the place, and holds no secret and nothing that the other side said. */
export class RemoteError extends Error {
  readonly kind: RemoteErrorKind
  /** When it is worth to ask again, where the other side said so. */
  readonly retryAfterMs: number | undefined
  /**
   * Code and message of a registry's error, cleaned of what is no text, and cut: for the administrator who configured
   * that registry, never for who pulls.
   */
  readonly said: string | undefined

  constructor(kind: RemoteErrorKind, message: string, options: RemoteErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'RemoteError'
    this.kind = kind
    this.retryAfterMs = options.retryAfterMs
    this.said = options.said
  }
}
