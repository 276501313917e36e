import { z } from 'zod'

/** What the process that builds is told: data that lies in files, and where it came from. */
const common = {
  /** Without its release: `Debian`. */
  ecosystem: z.string().min(1).max(200),
  /** For people: an address, or the name of a file. */
  origin: z.string(),
  /** Of when it is, in milliseconds since 1970. */
  at: z.number(),
  etag: z.string().optional(),
}

const step = z.discriminatedUnion('kind', [
  /** Everything that is known of an ecosystem. */
  z.object({ kind: z.literal('whole'), path: z.string(), ...common }),
  /** Records that changed, as lines of JSON, and names of those that are gone: with them it is as new as `at`. */
  z.object({ kind: z.literal('changes'), path: z.string(), removed: z.array(z.string()), ...common }),
  /** Records that somebody adds by hand, as lines of JSON; the next whole export takes them away again. */
  z.object({ kind: z.literal('additions'), path: z.string(), ...common }),
])

export const buildJobSchema = z.object({ data: z.string(), steps: z.array(step) })
export type BuildJob = z.infer<typeof buildJobSchema>
export type BuildStep = z.infer<typeof step>

const stepResult = z.object({
  ecosystem: z.string(),
  records: z.number(),
  /** Of them those that could not be understood. */
  skipped: z.number(),
  problem: z.string().optional(),
})
export type StepResult = z.infer<typeof stepResult>

export const buildResultSchema = z.object({
  /** Absent: nothing was changed. */
  version: z.string().optional(),
  steps: z.array(stepResult),
})
export type BuildResult = z.infer<typeof buildResultSchema>
