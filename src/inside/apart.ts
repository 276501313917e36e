import { z } from 'zod'
import type { Config } from '../config/schema.ts'
import { Problem } from '../lib/problem.ts'
import { programWords } from '../lib/program-words.ts'
import { runProgram } from '../lib/run-program.ts'
import { Semaphore } from '../lib/semaphore.ts'
import type { Digest } from '../oci/digest.ts'
import { type Looked, lookedSchema } from './look.ts'

/** The hidden command that puts the files of an image together: some have a million. */
export const LOOK_INSIDE = 'look-inside'

const orderSchema = z.object({
  repositoryId: z.int(),
  digest: z.custom<Digest>(),
  /** From the root; `..` leads no further up than there. */
  path: z.string(),
  /** Only this layer, as it is. */
  layer: z.string().optional(),
  /** Instead of a folder: files anywhere whose path has this. */
  q: z.string().optional(),
  after: z.string(),
  limit: z.int(),
})
export type LookOrder = z.infer<typeof orderSchema>
const schema = z.object({ config: z.custom<Config>(), order: orderSchema })

const turns = new Semaphore(2)
const MAX_WAITING = 20

/** One of the turns that looking inside has, for work in a process. @throws Problem when too many wait */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (turns.waiting >= MAX_WAITING) throw new Problem('conflict', 'too many look into images at the same time')
  return turns.run(work)
}

/** @throws Error when the process ended badly, Problem */
export function lookApart(config: Config, order: LookOrder): Promise<Looked> {
  return inTurn(async () => {
    const argv = [process.execPath, ...programWords(), LOOK_INSIDE] as const
    const { code, stdout, stderr } = await runProgram(argv, JSON.stringify({ config, order }))
    if (code !== 0) throw new Error(`the process that looks inside ended with ${code}: ${stderr.slice(0, 500)}`)
    return lookedSchema.parse(JSON.parse(stdout))
  })
}

export function parseLookOrder(text: string): z.infer<typeof schema> {
  return schema.parse(JSON.parse(text))
}
