import { z } from 'zod'

const digest = z.string()
const bytes = z.base64()

/**
 * One line of the recovery log: how something is at the moment of writing. Later lines win, so writing one again does no
 * harm.
 */
const record = z.discriminatedUnion('type', [
  /** Whatever was said of this repository before is void: lines after this one begin anew. */
  z.object({ type: z.literal('reset'), repository: z.string() }),
  /** Without content: it is not visible any more. */
  z.object({
    type: z.literal('manifest'),
    repository: z.string(),
    digest,
    mediaType: z.string().optional(),
    content: bytes.optional(),
    /** What it names and its repository does not hold: it may be somebody else's. */
    lacks: z.array(z.string()).optional(),
  }),
  /** Blobs that the repository holds now, although manifests that were said before may have lacked them. */
  z.object({ type: z.literal('held'), repository: z.string(), digests: z.array(z.string()) }),
  /** Without digest: there is no such tag any more. */
  z.object({ type: z.literal('tag'), repository: z.string(), tag: z.string(), digest: digest.optional() }),
  /** These tags name it, and no others. */
  z.object({ type: z.literal('tags-on'), repository: z.string(), digest, tags: z.array(z.string()) }),
  /** A blob that is stored in the database. */
  z.object({ type: z.literal('blob'), digest, content: bytes }),
  /** Without `public`: there is no such project any more. */
  z.object({ type: z.literal('project'), name: z.string(), public: z.boolean().optional() }),
  /** A checkpoint of so many pieces, this one included, is whole; it takes the place of these epochs. */
  z.object({ type: z.literal('end'), pieces: z.int(), replaces: z.array(z.string()) }),
])

export type LogRecord = z.infer<typeof record>

export function encodeRecord(value: LogRecord): string {
  return `${JSON.stringify(value)}\n`
}

/** @throws Error */
export function decodeRecord(line: string): LogRecord {
  return record.parse(JSON.parse(line))
}
