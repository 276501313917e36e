import { z } from 'zod'
import { SEVERITIES } from '../packages/severity.ts'
import type { PackageMatches } from './package-row.ts'

/** What goes between the process that asks and the one that matches: lines of JSON. */
const date = z.iso.datetime().transform((text) => new Date(text))

const rating = z.object({
  source: z.string(),
  severity: z.enum(SEVERITIES),
  vector: z.string().exactOptional(),
  score: z.number().exactOptional(),
})

const match = z.object({
  vulnerability: z.object({
    id: z.string(),
    aliases: z.array(z.string()),
    summary: z.string(),
    severity: z.enum(SEVERITIES),
    ratings: z.array(rating),
    published: date.exactOptional(),
    modified: date,
    references: z.array(z.string()),
  }),
  advisory: z.string(),
  fixedVersion: z.string().exactOptional(),
})

/** The answer about one package, or a part of it. */
export const answerPartSchema = z.object({
  packageId: z.number(),
  matches: z.array(match),
  unclear: z.literal(true).exactOptional(),
  more: z.boolean(),
})
export interface AnswerPart extends PackageMatches {
  readonly more: boolean
}

export const packageRowsSchema = z.array(
  z.object({ id: z.number(), ecosystem: z.string(), name: z.string(), version: z.string() }),
)
