import type { Command } from 'commander'
import type { FileImages } from '../image-files/file-images.ts'
import { Problem } from '../lib/problem.ts'
import type { ImageCopy } from '../registry/copy-image.ts'
import type { ImageSource } from '../registry/image-source.ts'
import { copyAll, type ListedCopy, tagsOf } from './copy-list.ts'
import {
  choosePlatform,
  type CopyFlags,
  hostPlatform,
  isDigestReference,
  printTotals,
  tagsFor,
  untilStopped,
  withCopyOptions,
} from './copy-options.ts'
import { showCopies } from './copy-progress.ts'
import { offlineOf, withConfig } from './flags.ts'
import { type ImagePlace, parseImagePlace, PLACES } from './image-place.ts'
import { withPlaces } from './open-place.ts'
import { registryOrNew } from './registry-or-new.ts'

interface CopyCommandFlags extends CopyFlags {
  readonly allTags?: boolean
  readonly srcCredsFile?: string
  readonly destCredsFile?: string
  readonly create?: boolean
}

export function addCopyCommand(program: Command): void {
  const command = program
    .command('copy <source> <destination>')
    .description(`Copy an image between any two places, with its signatures. A place is ${PLACES}.`)
  withCopyOptions(withConfig(command))
    .option('--all-tags', 'every tag of the repository')
    .option('--src-creds-file <file>', 'USER:PASSWORD for the source (default: what docker would sign in with)')
    .option('--dest-creds-file <file>', 'the same for the destination')
    .option('--create', 'for local: begin a new registry in the data folder where there is none')
    .option('--insecure-http', 'let passwords and images travel unencrypted to another machine')
    .action((source: string, destination: string, flags: CopyCommandFlags) =>
      untilStopped((signal) => copy(parseImagePlace(source), parseImagePlace(destination), { flags, signal })),
    )
}

interface Asked {
  readonly flags: CopyCommandFlags
  readonly signal: AbortSignal
}

async function copy(from: ImagePlace, to: ImagePlace, { flags, signal }: Asked): Promise<void> {
  requireSense(from, to, flags)
  const { concurrency, insecureHttp = false } = flags
  const maxConcurrent = concurrency + 2
  const request = {
    ...{ from, to },
    offline: async () => {
      const offline = await offlineOf(flags)
      return to.kind === 'local' ? registryOrNew(offline, flags.create) : offline
    },
    fromFlags: { credsFile: flags.srcCredsFile, insecureHttp, maxConcurrent },
    toFlags: { credsFile: flags.destCredsFile, insecureHttp, maxConcurrent },
  }
  await withPlaces(request, async (places) => {
    const platforms = platformsFor(to, flags)
    const list = (flags.allTags ? allTags : oneImage)(places.source, from, to, platforms)
    // Of very many images it is not looked whether each is whole.
    const completes = flags.allTags !== true
    const shared = { ...places, concurrency, signal, completes, ...extentOf(to, flags, platforms) }
    const bar = showCopies()
    const totals = await copyAll(list, { shared, lanes: 1, bar }).finally(bar.end)
    const [failure] = totals.failures
    // An archive is whole, or not there.
    const isArchive = to.kind === 'oci-archive' || to.kind === 'docker-archive'
    if (failure !== undefined && (totals.images === 0 || isArchive)) throw new Problem('invalid', failure.reason)
    printTotals('Copied', totals)
  })
}

/** Docker loads images of one platform. */
function platformsFor(to: ImagePlace, { platform }: CopyCommandFlags): readonly string[] | undefined {
  return platform ?? (to.kind === 'docker-archive' ? [hostPlatform()] : undefined)
}

function extentOf(
  to: ImagePlace,
  { referrers = true, allTags }: CopyCommandFlags,
  platforms: readonly string[] | undefined,
): Pick<ImageCopy, 'platforms' | 'referrers'> {
  const several = (platforms ?? []).length > 1 ? platforms : undefined
  if (!referrers || to.kind === 'docker-archive') return { platforms: several, referrers: false }
  // Of very many images it is not asked again and again what is about those that are there.
  return { platforms: several, referrers: allTags ? 'when-copied' : true }
}

function requireSense(from: ImagePlace, to: ImagePlace, { allTags, platform }: CopyCommandFlags): void {
  if (isDigestReference(to.reference))
    throw new Problem('invalid', 'the destination is named by a tag, or by no tag: its digest is that of the source')
  if (!('path' in from) && from.name === '')
    throw new Problem('invalid', 'the source names no image; "berth import HOST" brings all that a registry has')
  if (allTags && (from.reference !== undefined || to.reference !== undefined))
    throw new Problem('invalid', 'with --all-tags neither side has a tag')
  if (to.kind === 'docker-archive' && (platform?.length ?? 0) > 1)
    throw new Problem('invalid', 'docker loads images of one platform; choose one, or oci-archive:')
}

async function* oneImage(
  source: ImageSource,
  from: ImagePlace,
  to: ImagePlace,
  platforms: readonly string[] | undefined,
): AsyncGenerator<ListedCopy> {
  const found = chosenIn(source, from)
  const reference = await choosePlatform(source, found, platforms)
  const tags = tagsFor(to.reference, from.reference, found.tag)
  yield {
    label: labelOf(found),
    copy: { from: { name: found.name, reference }, to: { name: nameAt(to, found.named), tags } },
  }
}

async function* allTags(
  source: ImageSource,
  from: ImagePlace,
  to: ImagePlace,
  platforms: readonly string[] | undefined,
): AsyncGenerator<ListedCopy> {
  for await (const { tag, sourceTags } of tagsOf(source, from.name)) {
    const image = { name: from.name, reference: tag }
    const reference = await choosePlatform(source, image, platforms)
    yield {
      label: labelOf(image),
      copy: { from: { name: from.name, reference }, to: { name: nameAt(to, from.name), tags: [tag] }, sourceTags },
    }
  }
}

/** What it is called at the target, where that was not said. */
function nameAt(to: ImagePlace, name: string): string {
  if (to.name !== '' || to.kind === 'oci' || to.kind === 'oci-archive') return to.name
  if (name !== '' || to.kind === 'docker-archive') return name
  throw new Problem('invalid', 'say what it is to be called: the source has no name of a repository')
}

function labelOf({ name, reference }: { readonly name: string; readonly reference: string }): string {
  return name === '' ? reference : `${name}${reference.includes(':') ? '@' : ':'}${reference}`
}

interface ChosenImage {
  /** As the source is asked. */
  readonly name: string
  readonly reference: string
  /** As the image is called. */
  readonly named: string
  readonly tag: string | undefined
}

/** The one that was named, or the only one of a file. @throws Problem */
function chosenIn(source: ImageSource, from: ImagePlace): ChosenImage {
  const { name, reference } = from
  if (!('path' in from)) return { name, reference: reference ?? 'latest', named: name, tag: 'latest' }
  const { images } = source as FileImages
  const matching =
    reference === undefined
      ? images
      : images.filter(
          ({ named, digest }) =>
            digest === reference || (named?.tag === reference && (name === '' || named.name === name)),
        )
  const digests = new Set(matching.map(({ digest }) => digest))
  const [only] = matching
  if (reference !== undefined && (only === undefined || digests.size === 1))
    return { name, reference, named: only?.named?.name ?? name, tag: only?.named?.tag }
  if (only !== undefined && digests.size === 1)
    return { name: '', reference: only.digest, named: only.named?.name ?? '', tag: only.named?.tag }
  const has = images.map(({ named, digest }) =>
    named === undefined ? digest : labelOf({ name: named.name, reference: named.tag }),
  )
  throw new Problem(
    'invalid',
    `${from.path} has ${images.length} images; say which, or --all-tags: ${has.slice(0, 10).join(', ')}`,
  )
}
