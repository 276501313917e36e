import { z } from 'zod'

/** What is read of an OSV record (https://ossf.github.io/osv-schema/); what is not as it must be is as if it were not there. */
export type OsvRecord = z.infer<typeof recordSchema>
export type OsvAffected = NonNullable<OsvRecord['affected']>[number]
export type OsvRange = NonNullable<OsvAffected['ranges']>[number]

/** Larger ones are no records: the largest real ones are below one MiB. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024
/** As it stands in addresses and in rows. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}$/

const name = z.string().min(1).max(512)
const version = z.string().max(1024)
const ids = z
  .array(z.unknown())
  .transform((values) => values.filter(isRecordId).slice(0, 1000))
  .optional()
  .catch(undefined)
const text = z.string().optional().catch(undefined)
const severity = z
  .array(z.object({ type: z.string().max(64), score: z.string().max(1024) }))
  .optional()
  .catch(undefined)
const words = z.object({ severity: text, urgency: text }).optional().catch(undefined)

const event = z.object({
  introduced: version.optional(),
  fixed: version.optional(),
  last_affected: version.optional(),
  limit: version.optional(),
})

const affected = z.object({
  package: z.object({ ecosystem: name, name }).optional().catch(undefined),
  ranges: z.array(z.object({ type: z.string(), events: z.array(event) })).nullish(),
  versions: z.array(version).nullish(),
  severity,
  ecosystem_specific: words,
  database_specific: words,
})

const recordSchema = z.object({
  id: z.string().regex(ID),
  modified: z.iso.datetime({ offset: true }),
  published: z.iso.datetime({ offset: true }).optional().catch(undefined),
  withdrawn: z.string().nullish(),
  aliases: ids,
  upstream: ids,
  related: ids,
  summary: text,
  details: text,
  severity,
  affected: z.array(affected).nullish(),
  references: z
    .array(
      z.object({
        type: text,
        url: z
          .url({ protocol: /^https?$/ })
          .max(2048)
          .optional()
          .catch(undefined),
      }),
    )
    .optional()
    .catch(undefined),
  database_specific: words,
})

export function isRecordId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

/** Undefined: it is no record. */
export function findOsvRecord(content: string): OsvRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(content)).data
  } catch {
    // No JSON, or one that is too deep.
    return undefined
  }
}
