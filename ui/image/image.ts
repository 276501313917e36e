import { read } from '../api/read.ts'

/** For useQuery: an image or an index by its tag or digest. */
export function readImage(repository: string, reference: string) {
  return read('/repositories/{repository}/images/{reference}', { params: { path: { repository, reference } } })
}

export type Image = Awaited<ReturnType<ReturnType<typeof readImage>['queryFn']>>
export type PlatformImage = NonNullable<Image['platforms']>[number]

/** What a part of the page is about. */
export interface ImageViewProps {
  readonly repository: string
  /** As the address names it: a tag or a digest. */
  readonly reference: string
  /** By the reference: an image, or an index. */
  readonly named: Image
  /** The image itself, of an index the one of the chosen platform; undefined: there is none. */
  readonly image: Image | undefined
  /** What the viewer may do in the repository. */
  readonly may: readonly string[]
}

const USUAL_PLATFORM = 'linux/amd64'

/** Of an index; without what says of itself that it is for nothing: attestations. */
export function platformsOf({ platforms = [] }: Image): readonly PlatformImage[] {
  const real = platforms.filter(({ platform }) => platform !== 'unknown/unknown')
  return real.length > 0 ? real : platforms
}

/** By what the address says: a platform or a digest. */
export function choosePlatform(named: Image, wanted: string | undefined): PlatformImage | undefined {
  const all = platformsOf(named)
  const by = (word: string | undefined) => all.find(({ platform, digest }) => [platform, digest].includes(word))
  return by(wanted) ?? by(USUAL_PLATFORM) ?? all[0]
}

/** What the address calls it: its platform where that is one image's only. */
export function wordOf({ platform, digest }: PlatformImage, all: readonly PlatformImage[]): string {
  return platform !== undefined && all.filter((other) => other.platform === platform).length === 1 ? platform : digest
}
