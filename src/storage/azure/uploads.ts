import { Lru } from '../../lib/lru.ts'
import type { Content, StorageKey, StoredUpload, UploadArea } from '../blob-store.ts'
import type { AzureContainer, ListedBlob } from './container.ts'
import { AzureUpload } from './upload.ts'

/** Memory for the ends of uploads that nobody writes to right now; what does not fit is asked of Azure again. */
const RESTING_BYTES = 64 * 1024 * 1024
/** What an upload weighs without them. */
const UPLOAD_BYTES = 8 * 1024

/** What is remembered of others than their bytes. */
const MAX_REMEMBERED = 100_000

/** Where uploads become objects. Nothing else has such a key. */
const FOLDER = 'o/'

/**
 * Uploads are blocks of the blob that they will be; a list of blocks makes it one. Blocks that are never committed
 * vanish by themselves a week after the last one was sent. That an upload was started is known to this process only,
 * until there are bytes.
 */
export class AzureUploads implements UploadArea {
  readonly #container: AzureContainer
  readonly #blobs: string
  readonly #resting = new Lru<string, AzureUpload>(RESTING_BYTES)
  /** Those that are being written to, and those whose last bytes are in memory only. */
  readonly #held = new Map<string, AzureUpload>()

  /** Those that are there, as the caller says, whatever Azure has of them. */
  readonly #forgotten = new Lru<string, true>(MAX_REMEMBERED)
  /** Those that ended here: nothing but the object is left. */
  readonly #ended = new Lru<string, true>(MAX_REMEMBERED)

  /** `blobs`: what stands before every key. */
  constructor(container: AzureContainer, blobs: string) {
    this.#container = container
    this.#blobs = blobs
  }

  keyFor(id: string, _wanted: StorageKey): StorageKey {
    return `${FOLDER}${id.slice(0, 2)}/${id}`
  }

  async start(id: string): Promise<void> {
    if (this.#known(id) !== undefined) throw new Error(`the upload ${id} has begun already`)
    this.#rest(id, new AzureUpload(this.#container, this.#nameOf(id)))
  }

  async size(id: string): Promise<number | undefined> {
    return (await this.#find(id))?.sizeBytes
  }

  async append(
    id: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    { last = false }: { last?: boolean } = {},
  ): Promise<number> {
    const upload = await this.#get(id)
    if (upload.sizeBytes !== offset) throw new Error(`the upload ${id} ends at ${upload.sizeBytes}, not at ${offset}`)
    this.#held.set(id, upload)
    this.#resting.delete(id)
    try {
      await upload.append(body, { last })
    } catch (error) {
      this.#rest(id, upload)
      throw error
    }
    if (!last) this.#rest(id, upload)
    return upload.sizeBytes
  }

  async truncate(id: string, sizeBytes: number): Promise<void> {
    const upload = await this.#get(id)
    if (upload.sizeBytes !== sizeBytes) await upload.truncate(sizeBytes)
  }

  async read(id: string): Promise<Content> {
    const upload = await this.#get(id)
    const bytes = upload.bytesInMemory()
    if (bytes !== undefined) return new Blob([bytes])
    await upload.seal()
    const opened = await this.#container.open(this.#nameOf(id))
    if (opened === undefined) throw unknown(id)
    return opened.content
  }

  async commit(id: string, key: StorageKey): Promise<void> {
    if (key !== this.keyFor(id, key)) throw new Error(`the upload ${id} cannot become ${key}`)
    await (await this.#get(id)).commit()
    this.#drop(id)
    this.#ended.set(id, true)
  }

  async abort(id: string): Promise<void> {
    const upload = this.#known(id)
    this.#drop(id)
    if (upload?.isInMemory !== true) await this.#container.discard(this.#nameOf(id))
  }

  async sweep(id: string): Promise<void> {
    if (this.#ended.get(id) === undefined) await this.abort(id)
  }

  /** The caller knows of the upload: with nothing stored it is one that was only started. */
  forget(id: string): void {
    this.#drop(id)
    this.#forgotten.set(id, true)
  }

  async *list(): AsyncGenerator<StoredUpload> {
    for await (const blob of this.#container.list(`${this.#blobs}${FOLDER}`, { withUploads: true })) {
      if (!mayBeUpload(blob)) continue
      const upload = await AzureUpload.find(this.#container, blob.name)
      if (typeof upload === 'string') continue
      const id = blob.name.slice(blob.name.lastIndexOf('/') + 1)
      yield { id, sizeBytes: upload.sizeBytes, modifiedAt: blob.modifiedAt }
    }
  }

  #known(id: string): AzureUpload | undefined {
    return this.#held.get(id) ?? this.#resting.get(id)
  }

  async #find(id: string): Promise<AzureUpload | undefined> {
    const known = this.#known(id)
    if (known !== undefined) return known
    const found = await AzureUpload.find(this.#container, this.#nameOf(id))
    if (found === 'object' || (found === 'nothing' && this.#forgotten.get(id) === undefined)) return undefined
    const upload = found === 'nothing' ? new AzureUpload(this.#container, this.#nameOf(id)) : found
    this.#rest(id, upload)
    return upload
  }

  #drop(id: string): void {
    this.#held.delete(id)
    this.#resting.delete(id)
    this.#forgotten.delete(id)
  }

  async #get(id: string): Promise<AzureUpload> {
    const found = await this.#find(id)
    if (found === undefined) throw unknown(id)
    return found
  }

  #rest(id: string, upload: AzureUpload): void {
    this.#held.delete(id)
    this.#resting.set(id, upload, UPLOAD_BYTES + upload.rememberedBytes)
  }

  #nameOf(id: string): string {
    return `${this.#blobs}${this.keyFor(id, '')}`
  }
}

/** Without a list of blocks a blob is listed as empty. */
function mayBeUpload({ sizeBytes, unfinished }: ListedBlob): boolean {
  return unfinished || sizeBytes === 0
}

function unknown(id: string): Error {
  return new Error(`there is no upload ${id}`)
}
