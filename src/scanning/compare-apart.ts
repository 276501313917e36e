import { z } from 'zod'
import type { Config } from '../config/schema.ts'
import { programWords } from '../lib/program-words.ts'
import { runProgram } from '../lib/run-program.ts'
import { Semaphore } from '../lib/semaphore.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import type { Comparison } from './compare-stored.ts'

/** The hidden command that compares; its order comes by standard input. */
export const COMPARE_IMAGES = 'compare-images'

const orderSchema = z.object({
  config: z.custom<Config>(),
  spot: z.object({ repository: z.custom<RepositoryName>(), repositoryId: z.int() }),
  from: z.custom<Digest>(),
  to: z.custom<Digest>(),
  page: z.object({ after: z.string(), limit: z.int() }),
})
export type CompareOrder = z.infer<typeof orderSchema>

const turns = new Semaphore(2)

/**
 * Compares in a process of its own: putting the files of two large images together takes a processor for longer than a
 * server may stand still.
 */
export function compareApart(config: Config, question: Comparison): Promise<unknown> {
  const order: CompareOrder = { config, ...question }
  return turns.run(async () => {
    const argv = [process.execPath, ...programWords(), COMPARE_IMAGES] as const
    const { code, stdout, stderr } = await runProgram(argv, JSON.stringify(order))
    if (code !== 0) throw new Error(`the process that compares images ended with ${code}: ${stderr.slice(0, 500)}`)
    return JSON.parse(stdout) as unknown
  })
}

export function parseCompareOrder(text: string): CompareOrder {
  return orderSchema.parse(JSON.parse(text))
}
