import { z } from 'zod'
import type { Config } from '../config/schema.ts'
import { programWords } from '../lib/program-words.ts'
import { runProgram } from '../lib/run-program.ts'
import { Semaphore } from '../lib/semaphore.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'

/** The hidden command that does what takes a processor for longer than a server may stand still. */
export const WORK_APART = 'work-apart'

const digest = z.custom<Digest>()
const spot = z.object({ repository: z.custom<RepositoryName>(), repositoryId: z.int() })

const orderSchema = z.discriminatedUnion('task', [
  z.object({
    ...{ task: z.literal('sbom'), spot, digest },
    ...{ format: z.enum(['cyclonedx', 'spdx']), withFindings: z.boolean() },
  }),
  z.object({ task: z.literal('sboms'), spot, digest }),
])
const schema = z.object({ config: z.custom<Config>(), order: orderSchema })
export type ApartOrder = z.infer<typeof orderSchema>

/** Their memory is theirs; two at a time are enough for whatever people ask. */
const turns = new Semaphore(2)
const MAX_WAITING = 20

/** Does it in a process of its own, and returns what that printed. @throws Error when it ended badly, or too many wait */
export function workApart(config: Config, order: ApartOrder): Promise<string> {
  if (turns.waiting >= MAX_WAITING) throw new Error('too many ask for bills of materials at the same time')
  return turns.run(async () => {
    const argv = [process.execPath, ...programWords(), WORK_APART] as const
    const { code, stdout, stderr } = await runProgram(argv, JSON.stringify({ config, order }))
    if (code !== 0) throw new Error(`the process for "${order.task}" ended with ${code}: ${stderr.slice(0, 500)}`)
    return stdout
  })
}

export function parseApartOrder(text: string): z.infer<typeof schema> {
  return schema.parse(JSON.parse(text))
}
