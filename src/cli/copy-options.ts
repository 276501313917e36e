import { type Command, InvalidArgumentError } from 'commander'
import { Problem } from '../lib/problem.ts'
import { isDigest, type Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import { parseManifest } from '../oci/manifest.ts'
import { formatByteSize } from '../lib/byte-size.ts'
import type { ImageSource } from '../registry/image-source.ts'
import { imagesFor, platformImages } from '../registry/platforms.ts'
import type { CopyTotals, SaidOf } from './copy-list.ts'
import type { Flags } from './flags.ts'
import { print } from './output.ts'
import { onStopSignal } from './signals.ts'

export interface CopyFlags extends Flags {
  readonly platform?: readonly string[]
  readonly referrers?: boolean
  readonly concurrency: number
}

export function withCopyOptions(command: Command): Command {
  return command
    .option('--platform <os/arch>', 'only this one of an index; may be said several times', collect)
    .option('--no-referrers', 'leave out signatures, attestations and SBOMs')
    .option('--concurrency <n>', 'blobs at a time', parseConcurrency, 4)
}

function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  if (/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/.test(text)) return [...earlier, text]
  throw new InvalidArgumentError('a platform is like linux/amd64 or linux/arm/v7')
}

function parseConcurrency(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= 64) return number
  throw new InvalidArgumentError('a number from 1 to 64')
}

/** As docker calls the machine that this runs on. */
export function hostPlatform(): string {
  return `linux/${{ x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch}`
}

export interface Chosen {
  readonly name: string
  /** A tag or a digest. */
  readonly reference: string
}

/** Of an index the image of that platform, to be copied by itself; anything else as it is. @throws Problem */
export async function imageForPlatform(
  source: ImageSource,
  { name, reference }: Chosen,
  platform: string,
): Promise<string> {
  const fetched = await source.manifest(name, reference)
  if (fetched === undefined) return reference
  const parsed = parsedOrUndefined(fetched)
  if (parsed?.kind !== 'index') return fetched.digest
  const images = platformImages(parsed, fetched.content).filter((image) => image.platform !== undefined)
  const found = imagesFor(images, [platform]).kept.find(({ belongsTo }) => belongsTo === undefined)?.descriptor.digest
  if (found !== undefined && isDigest(found)) return found
  const has = [...new Set(images.map((image) => image.platform))].join(', ')
  throw new Problem('not-found', `${name}:${reference} has no image for ${platform}; it has: ${has}`)
}

function parsedOrUndefined(fetched: NonNullable<Awaited<ReturnType<ImageSource['manifest']>>>) {
  try {
    return parseManifest(fetched.content, fetched.mediaType)
  } catch (error) {
    // Copying it says what is wrong with it.
    if (error instanceof OciError) return undefined
    throw error
  }
}

/** One platform: its image by itself. Several: the index without the others, where the target takes it so. */
export async function choosePlatform(
  source: ImageSource,
  image: Chosen,
  platforms: readonly string[] | undefined,
): Promise<string> {
  const [only, ...more] = platforms ?? []
  return only === undefined || more.length > 0 ? image.reference : imageForPlatform(source, image, only)
}

export function tagsFor(...references: readonly (string | undefined)[]): readonly string[] {
  const [first] = references.filter((reference) => reference !== undefined)
  return first === undefined || isDigest(first) ? [] : [first]
}

/** The first signal ends the work in order, a second one at once. */
export async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController()
  void onStopSignal().then(() => stop.abort(new Error('stopped')))
  try {
    await work(stop.signal)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.stderr.write('Stopped. Start it again to go on: what is there is not sent again.\n')
    process.exitCode = 1
  }
}

/** What was done and what failed, for people; the exit code says it, too. */
export function printTotals(verb: string, { images, present, blobs, bytes, failures, leftOut }: CopyTotals): void {
  const there = present > 0 ? `, of which ${present} were there already` : ''
  print(`${verb} ${images} image${images === 1 ? '' : 's'}${there}; blobs: ${blobs}, bytes: ${formatByteSize(bytes)}.`)
  say('Left out', leftOut)
  say('Failed', failures)
  if (failures.length > 0) process.exitCode = 1
}

function say(what: string, list: readonly SaidOf[]): void {
  if (list.length > 0) process.stderr.write(`${what}: ${list.length}\n`)
  // What is wrong with a file begins with its name already.
  for (const { label, reason } of list)
    process.stderr.write(`  ${reason.startsWith(`${label}:`) ? '' : `${label}: `}${reason}\n`)
}

export function isDigestReference(reference: string | undefined): reference is Digest {
  return reference !== undefined && isDigest(reference)
}
