import { z } from 'zod'
import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, isDigest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { ByteRange } from '../oci/range.ts'
import { runnableOf } from '../oci/runnable.ts'
import { parseStrictJson } from '../oci/strict-json.ts'
import { openOrSupply, pullBlob } from '../registry/pull-through.ts'
import type { Registry } from '../registry/registry.ts'
import type { Facts } from './evidence.ts'
import { BEGINNING_BYTES, beginsLikeFileSystem } from './first-bytes.ts'

/** Larger configurations are not read: nobody's are, and a push must stay cheap. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024
/** More statements in one manifest than anybody makes. */
const MAX_STATEMENTS = 64

const BASE_NAME = 'org.opencontainers.image.base.name'
const BASE_DIGEST = 'org.opencontainers.image.base.digest'

const configSchema = z.object({
  created: z.string().nullish(),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
})

/** What an image says of itself. Undefined: its configuration is not here, or none. @throws what keeps it from being read */
export async function readFacts(
  registry: Registry,
  repository: RepositoryName,
  manifest: Manifest,
): Promise<Facts | undefined> {
  const [config] = manifest.blobs
  if (config === undefined || config.size > MAX_CONFIG_BYTES) return undefined
  const bytes = await readBlob(registry, repository, config)
  const said = bytes && parseConfig(bytes)
  if (said === undefined) return undefined
  const labels = said.config?.Labels ?? {}
  return { labels, created: said.created ?? undefined, base: baseOf({ ...labels, ...manifest.annotations }) }
}

function parseConfig(bytes: Uint8Array): z.infer<typeof configSchema> | undefined {
  try {
    return configSchema.safeParse(parseStrictJson(bytes)).data
  } catch {
    return undefined
  }
}

/** Annotations of a manifest say it, and labels where a builder knows no annotations. */
function baseOf(said: Readonly<Record<string, string>>): Facts['base'] {
  const { [BASE_NAME]: name, [BASE_DIGEST]: digest } = said
  if (name === undefined && digest === undefined) return undefined
  return { ...(name === undefined ? {} : { name }), ...(digest === undefined ? {} : { digest }) }
}

/** Whether an image manifest can be run by anybody. @throws what keeps its layers from being looked at */
export async function canRun(registry: Registry, repository: RepositoryName, manifest: Manifest): Promise<boolean> {
  const runnable = runnableOf(manifest)
  if (runnable !== 'statement') return runnable === 'yes'
  const layers = manifest.blobs.slice(1)
  if (layers.length > MAX_STATEMENTS) return true
  for (const layer of layers) {
    const range = { start: 0, end: Math.min(layer.size, BEGINNING_BYTES) - 1 }
    const beginning = layer.size === 0 ? new Uint8Array() : await readBlob(registry, repository, layer, range)
    // What is not here may be anything.
    if (beginning === undefined || beginsLikeFileSystem(beginning)) return true
  }
  return false
}

/** Undefined: nobody has it. */
async function readBlob(
  registry: Registry,
  repository: RepositoryName,
  { digest, size }: Descriptor,
  range?: ByteRange,
): Promise<Uint8Array | undefined> {
  if (!isDigest(digest)) return undefined
  const most = range === undefined ? size : range.end + 1 - range.start
  try {
    const content = await openOrSupply(registry, repository, await pullBlob(registry, repository, digest), range)
    const bytes = content instanceof Uint8Array ? content : await readAtMost(content.stream(), most)
    return bytes.byteLength === most ? bytes : undefined
  } catch (error) {
    if (error instanceof OciError) return undefined
    throw error
  }
}

async function readAtMost(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of stream) {
    pieces.push(piece)
    bytes += piece.byteLength
    if (bytes > most) break
  }
  return Buffer.concat(pieces)
}

/** What an index lists, as digests that can be looked up. */
export function listedIn({ children }: Manifest): Digest[] {
  return children.flatMap(({ digest }) => (isDigest(digest) ? [digest] : []))
}
