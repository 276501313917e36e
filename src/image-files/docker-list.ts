import { ImageFilesError } from '../storage/image-files/readable-files.ts'
import { blobFile } from './layout-index.ts'
import type { TargetImage } from './layout-target.ts'

const CONFIGS = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json']

/**
 * `manifest.json`, as every `docker load` reads it: beside a layout it names the layout's own blobs, compressed or not.
 * @throws ImageFilesError for what is no image of one platform
 */
export function dockerList(path: string, images: readonly TargetImage[], host: string | undefined): string {
  const listed = new Map<string, { Config: string; RepoTags: string[]; Layers: string[] }>()
  for (const { named, manifest, parsed } of images) {
    const [config, ...layers] = parsed.blobs
    if (config === undefined || !CONFIGS.includes(config.mediaType))
      throw new ImageFilesError(
        path,
        `docker loads images of one platform only, which ${manifest.digest} is not; choose the format oci`,
      )
    const entry = listed.get(manifest.digest) ?? {
      Config: blobFile(config.digest),
      RepoTags: [],
      Layers: layers.map(({ digest }) => blobFile(digest)),
    }
    if (named !== undefined) entry.RepoTags.push(`${host === undefined ? '' : `${host}/`}${named.name}:${named.tag}`)
    listed.set(manifest.digest, entry)
  }
  return JSON.stringify([...listed.values()])
}
