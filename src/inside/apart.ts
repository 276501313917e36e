import { z } from 'zod'
import { environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import { COLLECTOR_SETTING } from '../inventory/layer/layer-process.ts'
import { KINDS } from '../inventory/layer-inventory.ts'
import { CHANGES } from '../inventory/compare/compare-files.ts'
import { programWords } from '../lib/program-words.ts'
import { Semaphore } from '../lib/semaphore.ts'
import { StandingProcess } from '../lib/standing-process.ts'
import type { Digest } from '../oci/digest.ts'
import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'

/** The hidden command that puts the files of images together: some have a million. */
export const LOOK_INSIDE = 'look-inside'
/** So much of its memory is made use of before it is collected; beyond twice of it the process ends. */
export const MEMORY_BYTES = 512 * 1024 ** 2

const digest = z.custom<Digest>()
const image = z.object({
  spot: z.object({ repository: z.custom<RepositoryName>(), repositoryId: z.int() }),
  digest,
})
export type ImageToLookInto = z.infer<typeof image>

const look = z.object({
  task: z.literal('look'),
  image,
  /** From the root; `..` leads no further up than there. */
  path: z.string(),
  /** Only this layer, as it is. */
  layer: z.string().optional(),
  /** Instead of a folder: files anywhere whose path has this. */
  q: z.string().optional(),
  after: z.string(),
  limit: z.int(),
})
export type LookOrder = z.infer<typeof look>

const compareFiles = z.object({
  ...{ task: z.literal('compare-files'), from: image, to: image },
  page: z.object({
    after: z.string(),
    limit: z.int(),
    folder: z.string().optional(),
    q: z.string().optional(),
    kind: z.enum(KINDS).optional(),
    change: z.enum(CHANGES).optional(),
  }),
})
export type CompareFilesOrder = z.infer<typeof compareFiles>

export const orderSchema = z.discriminatedUnion('task', [
  look,
  compareFiles,
  z.object({ task: z.literal('compare'), from: image, to: image }),
])
type Order = z.infer<typeof orderSchema>

/** Longer than a layer may take that is read for it. */
const TIMEOUT_MS = 2 * 60_000
const standing = new Map<string, StandingProcess>()
const turns = new Semaphore(8)
const MAX_WAITING = 50

/** What the standing process says to it. @throws Problem; OciError when too many ask; Error when it ended badly */
export async function askInside(config: Config, order: Order): Promise<unknown> {
  if (turns.waiting >= MAX_WAITING) throw tooMany()
  return turns.run(() => standingFor(config).ask(order))
}

/** One for each configuration: a server has one. */
function standingFor(config: Config): StandingProcess {
  const text = JSON.stringify(config)
  const known = standing.get(text)
  if (known !== undefined) return known
  const made = new StandingProcess({
    argv: [process.execPath, ...programWords(), LOOK_INSIDE],
    env: { ...environment, BERTH_WORKER_CONFIG: text, [COLLECTOR_SETTING]: String(MEMORY_BYTES) },
    timeoutMs: TIMEOUT_MS,
  })
  standing.set(text, made)
  return made
}

const fileTurns = new Semaphore(2)
const MAX_FILES_WAITING = 20

/** One of the turns that reading files has. @throws OciError when too many wait */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (fileTurns.waiting >= MAX_FILES_WAITING) throw tooMany()
  return fileTurns.run(work)
}

function tooMany(): OciError {
  return new OciError('TOOMANYREQUESTS', {
    message: 'too many look into images at the same time; try again in a few seconds',
    headers: { 'retry-after': '5' },
  })
}
