import type { Command } from 'commander'
import type { FileImage, FileImages } from '../image-files/file-images.ts'
import { whyNoName } from '../image-files/image-name.ts'
import { matchesPattern } from '../lib/name-pattern.ts'
import { Problem } from '../lib/problem.ts'
import { parseRepositoryName } from '../oci/name.ts'
import type { ImageSource, ImageTarget } from '../registry/image-source.ts'
import { sharingBlobs } from '../registry/shared-blobs.ts'
import { copyAll, type CopyTotals, type ListedCopy, NoTags, tagsOf } from './copy-list.ts'
import { choosePlatform, type CopyFlags, printTotals, tagsFor, untilStopped, withCopyOptions } from './copy-options.ts'
import { type CopyBar, showCopies } from './copy-progress.ts'
import { offlineOf, withConfig } from './flags.ts'
import { type ImagePlace, parseImagePlace } from './image-place.ts'
import { withRegistry } from './offline.ts'
import { registryOrNew } from './registry-or-new.ts'
import { localPlace, openFilePlace } from './open-place.ts'
import { openRegistryPlace } from './remote-place.ts'

/** Images at a time: what is there already costs one question each. */
const LANES = 4

interface ImportFlags extends CopyFlags {
  readonly credsFile?: string
  readonly prefix?: string
  readonly to?: string
  readonly create?: boolean
}

export function addImportCommand(program: Command): void {
  const command = program
    .command('import <sources...>')
    .description(
      'Bring images into this registry: HOST (all of its repositories), HOST/NAME[:TAG] (with * and ** in the name), oci:FOLDER, oci-archive:FILE, docker-archive:FILE. Started again it goes on where it was.',
    )
  withCopyOptions(withConfig(command))
    .option('--prefix <name>', 'put this before every name: mirror/')
    .option('--to <name>', 'one repository for everything that comes')
    .option('--create', 'begin a new registry in the data folder where there is none')
    .option('--creds-file <file>', 'USER:PASSWORD for the source (default: what docker would sign in with)')
    .option('--insecure-http', 'let passwords and images travel unencrypted from another machine')
    .action((sources: string[], flags: ImportFlags) =>
      untilStopped((signal) => importAll(sources.map(parseSource), flags, signal)),
    )
}

type ImportSource = Exclude<ImagePlace, { readonly kind: 'local' }>

/** No host ends like that. */
const ARCHIVE = /\.(?:tar|tgz|tar\.(?:gz|zst|bz2|xz))$/

/** A path is taken for what it looks like: an archive by its end, a folder by `./` or `/`. */
export function parseSource(text: string): ImportSource {
  const place = parseImagePlace(withKind(text))
  if (place.kind !== 'local') return place
  throw new Problem('invalid', 'local: is this registry itself; to copy within it say "berth promote" or "berth copy"')
}

function withKind(text: string): string {
  if (ARCHIVE.test(text) && !/^[a-z-]+:/.test(text)) return `docker-archive:${text}`
  return /^\.{0,2}\//.test(text) ? `oci:${text}` : text
}

async function importAll(places: readonly ImportSource[], flags: ImportFlags, signal: AbortSignal): Promise<void> {
  requireNames(flags)
  const bar = showCopies()
  const all: CopyTotals = { images: 0, present: 0, blobs: 0, bytes: 0, failures: [], leftOut: [] }
  await withRegistry(registryOrNew(await offlineOf(flags), flags.create), async (registry) => {
    const target = sharingBlobs(localPlace(registry))
    for (const place of places) await importOne(place, { flags, signal, target, bar, all })
  }).finally(bar.end)
  printTotals('Imported', all)
}

/** Before anything is asked. @throws Problem, OciError */
function requireNames({ prefix, to }: ImportFlags): void {
  if (prefix !== undefined && to !== undefined)
    throw new Problem('invalid', 'say --prefix or --to, not both: each says what things are called')
  if (prefix !== undefined) parseRepositoryName(withPrefix(prefix, 'name'))
  if (to !== undefined) parseRepositoryName(to)
}

function withPrefix(prefix: string, name: string): string {
  return `${prefix.replace(/\/+$/, '')}/${name}`
}

interface Importing {
  readonly flags: ImportFlags
  readonly signal: AbortSignal
  readonly target: ImageTarget
  readonly bar: CopyBar
  readonly all: CopyTotals
}

async function importOne(place: ImportSource, { flags, signal, target, bar, all }: Importing): Promise<void> {
  const { concurrency, platform = [] } = flags
  const extent = {
    platforms: platform.length > 1 ? platform : undefined,
    referrers: flags.referrers !== false && ('when-copied' as const),
  }
  try {
    await withSource(place, flags, async (source) => {
      const list = listed(source, place, { flags, said: all, signal })
      const shared = { source, target, concurrency, signal, ...extent }
      addTotals(all, await copyAll(list, { shared, lanes: LANES, bar }))
    })
  } catch (error) {
    if (signal.aborted) throw error
    // The others may be better.
    all.failures.push({ label: 'path' in place ? place.path : place.host, reason: reasonOf(error) })
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function addTotals(all: CopyTotals, { images, present, blobs, bytes, failures, leftOut }: CopyTotals): void {
  all.images += images
  all.present += present
  all.blobs += blobs
  all.bytes += bytes
  all.failures.push(...failures)
  all.leftOut.push(...leftOut)
}

async function withSource(
  place: ImportSource,
  { credsFile, insecureHttp = false, concurrency }: ImportFlags,
  work: (source: ImageSource) => Promise<void>,
): Promise<void> {
  if (place.kind === 'registry')
    return work(await openRegistryPlace(place.host, { credsFile, insecureHttp, maxConcurrent: LANES * concurrency }))
  const files = await openFilePlace(place)
  try {
    await work(files)
  } finally {
    await files.close()
  }
}

interface Listing {
  readonly flags: ImportFlags
  /** What cannot be copied is noted here. */
  readonly said: Pick<CopyTotals, 'failures' | 'leftOut'>
  readonly signal: AbortSignal
}

async function* listed(source: ImageSource, place: ImportSource, listing: Listing): AsyncGenerator<ListedCopy> {
  const images =
    'path' in place ? imagesOfFile(source as FileImages, place, listing) : imagesOfRegistry(source, place, listing)
  for await (const { name, reference, tags, sourceTags } of images) {
    const { flags } = listing
    const from = { name, reference: await choosePlatform(source, { name, reference }, flags.platform) }
    const to = { name: renamed(source, name, flags), tags }
    const label = `${source.label}: ${name}${tags[0] === undefined ? `@${reference}` : `:${tags[0]}`}`
    yield { label, copy: { from, to, sourceTags } }
  }
}

function renamed(source: ImageSource, name: string, { prefix, to }: ImportFlags): string {
  if (to !== undefined) return to
  if (name === '')
    throw new Problem('invalid', `${source.label} does not say what its images are called; say --to NAME`)
  return prefix === undefined ? name : withPrefix(prefix, name)
}

interface Found {
  readonly name: string
  readonly reference: string
  readonly tags: readonly string[]
  readonly sourceTags?: ListedCopy['copy']['sourceTags']
}

async function* imagesOfFile(
  { images, label }: FileImages,
  place: ImagePlace,
  { said }: Listing,
): AsyncGenerator<Found> {
  const { name, reference } = place
  const wanted = images.filter(
    ({ named, digest }) =>
      reference === undefined ||
      digest === reference ||
      (named?.tag === reference && (name === '' || named.name === name)),
  )
  if (wanted.length === 0) throw new Problem('not-found', `${label} has no such image`)
  const hasNames = wanted.some(({ named }) => named !== undefined)
  if (reference === undefined) noteMisnamed(images, place, said)
  for (const { named, digest, misnamed } of wanted) {
    if (misnamed !== undefined && reference === undefined) continue
    // What has no name beside others that have one is about those, and comes with them.
    if (named !== undefined || !hasNames)
      yield { name: named?.name ?? '', reference: digest, tags: named === undefined ? [] : [named.tag] }
  }
}

/** What a file calls images in ways that nothing can be called here. An image without any other name is not imported. */
function noteMisnamed(images: readonly FileImage[], place: ImagePlace, said: Listing['said']): void {
  if (!('path' in place)) return
  for (const { misnamed, digest } of images) {
    if (misnamed === undefined) continue
    const label = `${place.path}: ${JSON.stringify(misnamed.slice(0, 300))}`
    const reason = `no image can be called so: ${whyNoName(misnamed)}`
    const how = `it was not imported; give it a name: berth copy ${place.kind}:${place.path}@${digest} local:NAME:TAG`
    if (images.some((other) => other.digest === digest && other.named !== undefined))
      said.leftOut.push({ label, reason })
    else said.failures.push({ label, reason: `${reason}; ${how}` })
  }
}

async function* imagesOfRegistry(
  source: ImageSource,
  { name: pattern, reference }: ImagePlace,
  { said, signal }: Listing,
): AsyncGenerator<Found> {
  for await (const name of namesOf(source, pattern, signal)) {
    if (reference !== undefined) {
      yield { name, reference, tags: tagsFor(reference) }
      continue
    }
    try {
      for await (const { tag, sourceTags } of tagsOf(source, name, signal))
        yield { name, reference: tag, tags: [tag], sourceTags }
    } catch (error) {
      if (signal.aborted) throw error
      const label = `${source.label}: ${name}`
      // A push that was given up leaves a repository without tags in the list.
      if (error instanceof NoTags && name !== pattern) said.leftOut.push({ label, reason: 'it has no tags' })
      else said.failures.push({ label, reason: reasonOf(error) })
    }
  }
}

async function* namesOf(source: ImageSource, pattern: string, signal: AbortSignal): AsyncGenerator<string> {
  if (pattern !== '' && !pattern.includes('*')) return yield pattern
  for await (const name of source.repositories(signal)) if (pattern === '' || matchesPattern(pattern, name)) yield name
}
