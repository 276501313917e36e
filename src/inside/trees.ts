import { layersOf } from '../inventory/held-layers.ts'
import type { FilesTrust, LayerFile, LayerInventory } from '../inventory/layer-inventory.ts'
import { findLayer } from '../inventory/layer-store.ts'
import { findHeldImage } from '../inventory/load.ts'
import { mergeFiles } from '../inventory/merge.ts'
import { type ReadParts, readAndSave } from '../inventory/read-layer.ts'
import { Problem } from '../lib/problem.ts'
import type { Digest } from '../oci/digest.ts'
import type { ImageToLookInto } from './apart.ts'
import { trustOf } from './trust-of.ts'

export type InsideFile = LayerFile & { readonly layer: Digest }
export type InsideFiles = ReadonlyMap<string, InsideFile>

/** The files of an image, or of one layer of it. */
export interface Tree extends FilesTrust {
  readonly files: InsideFiles
}

interface TreeOptions {
  /** Only this layer, as it is: whiteouts are shown as what they are, and take nothing away. */
  readonly layer?: string | undefined
}

interface ReadLayer {
  readonly digest: Digest
  readonly inventory: LayerInventory
}

/** Entries of all trees that are remembered; an entry takes about 250 bytes. */
const MAX_REMEMBERED = 600_000
/** Whoever asks does not wait longer for layers that are read for him; reading goes on. */
const PATIENCE_MS = 45_000

/** Trees of images, put together when they are asked for, and remembered while the process lives. */
export class Trees {
  readonly #parts: ReadParts
  readonly #remembered = new Map<string, Tree>()
  readonly #reading = new Map<Digest, Promise<void>>()
  #entries = 0

  constructor(parts: ReadParts) {
    this.#parts = parts
  }

  /** Of an image that need not have been scanned. @throws Problem when not all of it is here */
  async of({ spot, digest }: ImageToLookInto, { layer }: TreeOptions = {}): Promise<Tree> {
    const { reader } = this.#parts.registry.database
    const manifest = await findHeldImage(reader, spot, digest)
    if (manifest === undefined) throw new Problem('not-found', 'not all of this image is here')
    const key = `${digest} ${layer ?? ''}`
    const known = this.#remembered.get(key)
    if (known !== undefined) {
      this.#remembered.delete(key)
      this.#remembered.set(key, known)
      return known
    }
    const digests = layersOf(manifest)
    const wanted = layer === undefined ? digests : digests.filter((each) => each === layer).slice(0, 1)
    const layers = await this.#layers(wanted)
    const tree = layer === undefined ? treeOf(layers, trustOf(manifest, layers)) : aloneOf(layers)
    this.#remember(key, tree)
    return tree
  }

  #remember(key: string, tree: Tree): void {
    // What could not be read may be readable by now.
    if (tree.state === 'failed') return
    this.#remembered.set(key, tree)
    this.#entries += tree.files.size
    for (const [old, { files }] of this.#remembered) {
      if (this.#entries <= MAX_REMEMBERED || old === key) break
      this.#remembered.delete(old)
      this.#entries -= files.size
    }
  }

  async #layers(digests: readonly Digest[]): Promise<ReadLayer[]> {
    const { reader } = this.#parts.registry.database
    const layers: ReadLayer[] = []
    for (const digest of digests) {
      let inventory = await findLayer(reader, digest)
      if (inventory === undefined) {
        await inTime(this.#read(digest))
        inventory = await findLayer(reader, digest)
      }
      if (inventory === undefined) throw new Error(`what was found in the layer ${digest} is gone again`)
      layers.push({ digest, inventory })
    }
    return layers
  }

  /** Once, however many ask for it. */
  #read(digest: Digest): Promise<void> {
    const known = this.#reading.get(digest)
    if (known !== undefined) return known
    const reading = readAndSave(this.#parts, digest, NEVER).finally(() => this.#reading.delete(digest))
    // Whoever waited may have gone.
    reading.catch(() => undefined)
    this.#reading.set(digest, reading)
    return reading
  }
}

const NEVER = new AbortController().signal

async function inTime(reading: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), PATIENCE_MS)
  })
  try {
    if ((await Promise.race([reading, late])) === 'late')
      throw new Problem('conflict', 'the layers of this image are read for the first time: ask again in a minute')
  } finally {
    clearTimeout(timer)
  }
}

function treeOf(layers: readonly ReadLayer[], trust: FilesTrust): Tree {
  const files = mergeFiles(layers.map(({ digest, inventory }) => ({ files: located(inventory, digest) })))
  return { ...trust, files }
}

function aloneOf(layers: readonly ReadLayer[]): Tree {
  const [layer] = layers
  if (layer === undefined) throw new Problem('not-found', 'the image has no such layer')
  const { state, reasons } = layer.inventory
  const rows = located(layer.inventory, layer.digest).map(
    (file) => [file.kind === 'opaque' ? `${file.path}/.wh..wh..opq` : file.path, file] as const,
  )
  return { state, reasons, files: new Map(rows) }
}

function located({ files }: LayerInventory, layer: Digest): InsideFile[] {
  return files.map((file) => ({ ...file, layer }))
}
