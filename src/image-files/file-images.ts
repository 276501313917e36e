import type { Digest } from '../oci/digest.ts'
import type { ImageSource } from '../registry/image-source.ts'
import type { FileImageName } from './image-name.ts'

/** An image of a file or a folder that has a name, or a digest only. */
export interface FileImage {
  readonly named: FileImageName | undefined
  readonly digest: Digest
  /** What the file calls it, in place of a name, where no image can be called so. */
  readonly misnamed?: string | undefined
}

/**
 * A layout or an archive as a place that images come from. With an empty name every image of it is meant, whatever it is
 * called.
 */
export interface FileImages extends ImageSource {
  /** In their order in the file. */
  readonly images: readonly FileImage[]
  /** Temporary files go. */
  close(): Promise<void>
}

/** The image that a name and a tag mean; with an empty name there may be several. */
export function imagesNamed(images: readonly FileImage[], name: string, tag: string): FileImage[] {
  return images.filter(({ named }) => named?.tag === tag && (name === '' || named.name === name))
}

/** What of an `ImageSource` follows from the list of images. */
export function listsOf(images: readonly FileImage[]): Pick<ImageSource, 'tagPage' | 'repositories'> {
  return {
    tagPage: async (name, { after, limit }) => {
      const own = images.flatMap(({ named }) => (named && (name === '' || named.name === name) ? [named.tag] : []))
      if (own.length === 0) return undefined
      const rest = [...new Set(own)].sort().filter((tag) => tag > after)
      const tags = rest.slice(0, limit)
      return { tags, next: rest.length > limit ? tags.at(-1) : undefined }
    },
    async *repositories() {
      yield* [...new Set(images.flatMap(({ named }) => (named ? [named.name] : [])))].sort()
    },
  }
}
