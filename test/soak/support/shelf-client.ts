import { z } from 'zod'
import { type Content, digestOf, NoAnswer } from '../../faults/support/client.ts'
import { Random } from '../../faults/support/random.ts'
import { BIN_MS, type Image, indexOf, LEASE_MS, plainImage, type Shelf } from './model.ts'
import { blobPath, manifestPath, provide, pushBlob, putManifest, type Spot } from './pushing.ts'
import { checkShelf } from './shelf-check.ts'
import { useShared } from './shared-client.ts'
import { segment, textOf, type World } from './world.ts'

const TAGS = ['latest', 'v1', 'v2', 'v3']
const MANY = 14
const MAX_PAUSE_MS = 0.2 * LEASE_MS

const Bin = z.object({ items: z.array(z.object({ id: z.int() })) })
const Deleted = z.object({ deletion: z.int() })
const Restored = z.object({ tags: z.array(z.string()) })

/** One of the clients: has a repository of its own, whose every answer it can foretell, and some that are shared. */
export class ShelfClient {
  readonly #world: World
  readonly #shelf: Shelf
  readonly #random: Random
  readonly #spot: Spot
  #nonces = 0

  constructor(world: World, shelf: Shelf, index: number) {
    this.#world = world
    this.#shelf = shelf
    this.#random = new Random(world.seed * 131 + index)
    this.#spot = {
      ...{ world, random: this.#random, repository: shelf.name, isOwn: true },
      promise: (digest, until) => shelf.promise(digest, until),
    }
  }

  /** Until it is told to stop, or the server is gone. */
  async work(): Promise<void> {
    try {
      while (!this.#world.stopping) {
        this.#shelf.settle()
        await this.#step()
        this.#shelf.unsure.clear()
        this.#shelf.unsureTags.clear()
        this.#shelf.settle()
      }
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      this.#shelf.isBroken = true
    }
  }

  async #step(): Promise<void> {
    const { tags, size } = this.#shelf
    const choice = this.#random.next()
    if (size > MANY || choice < 0.1) return this.#deleteImage()
    if (choice < 0.3) return this.#pushImage()
    if (choice < 0.35) return this.#pushIndex()
    if (choice < 0.4) return this.#refer()
    if (choice < 0.47) return this.#retag()
    if (choice < 0.52) return this.#deleteTag()
    if (choice < 0.56) return this.#deleteBlob()
    if (choice < 0.57) return this.#deleteRepository()
    if (choice < 0.6) return this.#pushLoose()
    if (choice < 0.62) return checkShelf(this.#world, this.#shelf)
    if (choice < 0.8 || tags.size === 0) return useShared(this.#world, this.#random, this.#nonce())
    return this.#pull()
  }

  #nonce(): string {
    return `${this.#world.seed}/${this.#shelf.name}/${this.#nonces++}`
  }

  #blobs(): Content[] {
    return Array.from({ length: this.#random.between(1, 3) }, () => this.#random.pick(this.#world.pool))
  }

  /** With a look between the blobs and the manifest that is sometimes longer than the lease. */
  async #pushImage(subject?: Image): Promise<void> {
    const image = plainImage(this.#blobs(), this.#nonce(), subject)
    const until = await provide(this.#spot, image.blobs)
    if (this.#random.chance(0.1)) await Bun.sleep(this.#random.between(0, MAX_PAUSE_MS))
    if (this.#random.chance(0.01)) await Bun.sleep(1.4 * LEASE_MS)
    const tag = subject === undefined && this.#random.chance(0.7) ? this.#random.pick(TAGS) : undefined
    await this.#enter(image, { tag, until })
  }

  async #pushIndex(): Promise<void> {
    const required = this.#shelf.settle()
    const plain = this.#shelf.all().filter(({ digest, children }) => required.has(digest) && children.length === 0)
    const first = plain.at(0)
    if (first === undefined) return
    const image = indexOf(plain.slice(0, this.#random.between(1, 3)), this.#nonce())
    const tag = this.#random.chance(0.7) ? this.#random.pick(TAGS) : undefined
    await this.#enter(image, { tag, until: Number.POSITIVE_INFINITY })
  }

  /** `until` its blobs are promised. */
  async #enter(image: Image, { tag, until }: { readonly tag: string | undefined; readonly until: number }) {
    const shelf = this.#shelf
    const reference = tag ?? image.digest
    this.#unsure([image.digest], tag === undefined ? [] : [tag], image.digest)
    const sentAt = Date.now()
    const answer = await putManifest(this.#spot, reference, image)
    if (answer.status === 201) {
      shelf.pushed(image, sentAt, tag)
      this.#world.changed('manifest.pushed', shelf.name)
      this.#world.count('manifests pushed')
      if (this.#random.chance(0.3)) await this.#read(reference, image)
      return
    }
    const now = Date.now()
    const required = shelf.required(now)
    const isOwed = until > now && image.children.every((child) => required.has(child))
    const isLate = answer.status === 400 || answer.status === 404
    if (isOwed || !isLate) return this.#world.problem(`${answer.asked} → ${answer.status} ${textOf(answer)}`)
    this.#world.count('manifests after the lease')
  }

  #unsure(digests: readonly string[], tags: readonly string[], value: string | undefined): void {
    for (const digest of digests) this.#shelf.unsure.add(digest)
    for (const tag of tags) this.#shelf.unsureTags.set(tag, new Set([value, this.#shelf.tags.get(tag)]))
  }

  async #read(reference: string, image: Image): Promise<void> {
    const answer = await this.#world.ask('GET', manifestPath(this.#shelf.name, reference))
    if (answer.status !== 200 || digestOf(answer.bytes) !== image.digest)
      this.#world.problem(`${answer.asked} → ${answer.status}, ${digestOf(answer.bytes)}, pushed was ${image.digest}`)
  }

  #tagged(): Image | undefined {
    const tags = [...this.#shelf.tags.values()]
    return tags.length === 0 ? undefined : this.#shelf.image(this.#random.pick(tags))
  }

  async #refer(): Promise<void> {
    const subject = this.#tagged()
    if (subject !== undefined) await this.#pushImage(subject)
  }

  async #retag(): Promise<void> {
    const image = this.#tagged()
    if (image !== undefined) await this.#enter(image, { tag: this.#random.pick(TAGS), until: Number.POSITIVE_INFINITY })
  }

  async #pull(): Promise<void> {
    const image = this.#tagged()
    if (image === undefined) return
    const { name } = this.#shelf
    await this.#read(image.digest, image)
    for (const { digest } of image.blobs) {
      const answer = await this.#world.ask('GET', blobPath(name, digest))
      if (answer.status !== 200) this.#world.problem(`${answer.asked}, of a tagged image → ${answer.status}`)
    }
    this.#world.count('pulls')
  }

  async #deleteTag(): Promise<void> {
    const tag = this.#random.pick(TAGS)
    const was = this.#shelf.tags.get(tag)
    this.#unsure([], [tag], undefined)
    const answer = await this.#world.ask('DELETE', manifestPath(this.#shelf.name, tag))
    if (answer.status !== (was === undefined ? 404 : 202))
      return this.#world.problem(`${answer.asked}, which was ${was} → ${answer.status} ${textOf(answer)}`)
    if (was === undefined) return
    this.#shelf.tags.delete(tag)
    this.#world.changed('tag.deleted', this.#shelf.name)
    this.#world.count('tags deleted')
    await this.#expectGone(manifestPath(this.#shelf.name, tag))
  }

  /** Invariant 11. */
  async #expectGone(path: string): Promise<void> {
    const answer = await this.#world.ask('GET', path)
    if (answer.status !== 404) this.#world.problem(`${answer.asked} after it was deleted → ${answer.status}`)
  }

  async #deleteImage(): Promise<void> {
    const { name } = this.#shelf
    const required = this.#shelf.settle()
    const all = this.#shelf.all()
    if (all.length === 0) return
    const image = this.#random.pick(all)
    const path = manifestPath(name, image.digest)
    this.#unsure([image.digest], this.#tagsOf(image), undefined)
    const sentAt = Date.now()
    const { asked, status, bytes } = await this.#world.ask('DELETE', path)
    const parents = all.filter(({ children }) => children.includes(image.digest))
    const held = parents.some(({ digest }) => this.#shelf.required().has(digest))
    const wanted = required.has(image.digest) && this.#shelf.required().has(image.digest) ? [202] : [202, 404]
    const allowed = held ? [405] : parents.length > 0 ? [...wanted, 405] : wanted
    if (!allowed.includes(status)) this.#world.problem(`${asked} → ${status} ${textOf({ bytes })}`)
    if (status === 405) return
    const tags = this.#shelf.removed(image.digest)
    if (status !== 202) return
    this.#world.changed('manifest.deleted', name)
    this.#world.count('manifests deleted')
    await this.#expectGone(path)
    for (const tag of tags) await this.#expectGone(manifestPath(name, tag))
    if (image.children.length === 0 && this.#random.chance(0.4)) await this.#restoreImage(image, { tags, sentAt })
  }

  #tagsOf({ digest }: Image): string[] {
    return [...this.#shelf.tags].filter(([, named]) => named === digest).map(([tag]) => tag)
  }

  async #restoreImage(image: Image, { tags, sentAt }: { readonly tags: readonly string[]; readonly sentAt: number }) {
    const { name } = this.#shelf
    const newest = await this.#world.api('GET', `/deletions?repository=${segment(name)}&limit=20`)
    const ids = Bin.parse(newest.json).items.map(({ id }) => id)
    for (const id of ids) {
      const { json } = await this.#world.api('GET', `/deletions/${id}`)
      if (!JSON.stringify(json).includes(image.digest)) continue
      return this.#restore(id, sentAt, (restored) => {
        if (!Bun.deepEquals([...restored].sort(), [...tags].sort()))
          this.#world.problem(`of the tags ${tags.join()} came back ${restored.join()}`)
        this.#shelf.restored(image, restored)
        this.#world.changed('manifest.restored', name)
      })
    }
    if (Date.now() < sentAt + BIN_MS) this.#world.problem(`${image.digest} is not in the recycle bin`)
  }

  async #restore(deletion: number, sentAt: number, then: (tags: readonly string[]) => void): Promise<void> {
    const { status, json } = await this.#world.api('POST', `/deletions/${deletion}/restore`, {})
    if (status === 200) {
      this.#world.count('restored')
      return then(Restored.parse(json).tags)
    }
    if (status !== 404 || Date.now() < sentAt + BIN_MS)
      this.#world.problem(`restoring ${deletion} in ${this.#shelf.name} → ${status} ${JSON.stringify(json)}`)
  }

  async #deleteRepository(): Promise<void> {
    const shelf = this.#shelf
    const required = shelf.settle()
    if (required.size === 0) return
    this.#unsure(
      shelf.all().map(({ digest }) => digest),
      [...shelf.tags.keys()],
      undefined,
    )
    const sentAt = Date.now()
    const { status, json } = await this.#world.api('DELETE', `/repositories/${segment(shelf.name)}`)
    if (status !== 200) return this.#world.problem(`deleting ${shelf.name} → ${status} ${JSON.stringify(json)}`)
    this.#world.changed('repository.deleted', shelf.name)
    this.#world.count('repositories deleted')
    await this.#expectGone(`/v2/${shelf.name}/tags/list`)
    for (const digest of required) await this.#expectGone(manifestPath(shelf.name, digest))
    let isBack = false
    if (this.#random.chance(0.5))
      await this.#restore(Deleted.parse(json).deletion, sentAt, () => {
        isBack = true
        this.#world.changed('repository.restored', shelf.name)
      })
    if (!isBack) shelf.clear()
  }

  async #pushLoose(): Promise<void> {
    await pushBlob(this.#spot, this.#random.pick(this.#world.pool))
  }

  async #deleteBlob(): Promise<void> {
    const promises = this.#shelf.promises()
    const digest = this.#random.chance(0.7) ? promises.at(-1) : this.#random.pick(this.#world.pool).digest
    if (digest === undefined) return
    const was = { needed: this.#shelf.needs(digest), users: this.#shelf.usersOf(digest).length > 0 }
    const path = blobPath(this.#shelf.name, digest)
    this.#unsure([digest], [], undefined)
    const { asked, status, bytes } = await this.#world.ask('DELETE', path)
    const isNeeded = was.needed && this.#shelf.needs(digest)
    const isThere = this.#shelf.isPromised(digest)
    const otherwise = was.users ? [202, 404, 405] : isThere ? [202] : [202, 404]
    if (!(isNeeded ? [405] : otherwise).includes(status))
      this.#world.problem(`${asked} → ${status} ${textOf({ bytes })}`)
    if (status !== 202) return
    this.#world.changed('blob.deleted', this.#shelf.name)
    this.#world.count('blobs deleted')
    this.#shelf.unpromise(digest)
    await this.#expectGone(path)
  }
}
