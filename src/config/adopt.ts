import { z } from 'zod'

/** Part of the keys of stored bytes, and of a repository's name where the place is one image layout. */
const PLACE = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/

export const adoptSchema = z
  .record(
    z.string().max(64).regex(PLACE, 'a place is named with lower-case letters, digits, "." and "-"'),
    z
      .string()
      .min(1)
      .refine((text) => !text.includes('://') || /^(?:s3|gs):\/\//.test(text), 'must be a folder, s3://… or gs://…')
      .describe(
        'Another registry’s files, which are served where they lie and never changed: the folder or bucket (s3://BUCKET/PREFIX?…, gs://…) of distribution, Harbor or GitLab, or of zot or other OCI layouts (docs/adopt.md).',
      ),
  )
  .default({})
  .describe('Registries that are adopted, each under a name that stays.')
