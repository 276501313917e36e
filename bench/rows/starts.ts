import { join } from 'node:path'
import { alternate } from '../support/alternate.ts'
import { buildRelease, type Contestant, startBerth, startRelease } from '../support/contestants.ts'
import { anonymousBytes, hasChildren, residentBytes } from '../support/cpu.ts'
import { MIB } from '../support/data-set.ts'
import { startFresh } from '../support/fresh.ts'
import { grownFolder } from '../support/growth-stores.ts'
import type { Lab } from '../support/lab.ts'
import type { Figure } from '../support/result.ts'
import { type Born, timedStart } from '../support/section.ts'
import { pushImage } from '../support/seed.ts'
import type { Server } from '../support/server.ts'

const MILLION = 1_000_000

/** Row 19: from nothing to the first answer, and the memory of a server that nobody uses. */
export async function starts(lab: Lab): Promise<void> {
  const contestants = lab.present(19, ['berth', 'peer'])
  const count = lab.options.pairs * 2
  const onEmpty = 'start on an empty folder to first answer'
  const empty = await alternate(count, contestants, (who) => start(lab, who, onEmpty, lab.scratch(join('start', who))))
  lab.add({ row: 19, id: 'start-empty', what: onEmpty, unit: 'ms', figures: empty })

  if (!lab.options.profile) await releaseStart(lab)

  for (const who of contestants) await fill(lab, who)
  const onUsed = 'start on a folder in use to first answer'
  const again = await alternate(count, contestants, (who) => start(lab, who, onUsed, folder(lab, who)))
  lab.add({ row: 19, id: 'start-again', what: onUsed, unit: 'ms', figures: again })
  if (lab.options.profile) return

  if (!lab.options.quick) await startMillion(lab)

  const own: Partial<Record<Contestant, Figure[]>> = {}
  const all = await alternate(lab.options.quick ? 1 : 3, contestants, async (who) => {
    const memory = await idle(lab, who)
    own[who] = [...(own[who] ?? []), { value: memory.anonymous }]
    return { value: memory.resident }
  })
  const idleFor2s = 'memory when idle, 2 s after start or when what was pushed is looked into'
  lab.add({ row: 19, id: 'idle-memory', what: `${idleFor2s} (VmRSS)`, unit: 'MiB', figures: all })
  const release = await alternate(lab.options.quick ? 1 : 3, ['berth'], async () => ({
    value: (await idleOf(() => startRelease(folder(lab, 'berth')))).resident,
  }))
  const ofRelease = `${idleFor2s} (VmRSS), of the one-file release`
  lab.add({ row: 19, id: 'release-idle-memory', what: ofRelease, unit: 'MiB', figures: release })
  const withoutProgram = `${idleFor2s}, without the pages of the program file (RssAnon)`
  lab.add({ row: 19, id: 'idle-memory-own', what: withoutProgram, unit: 'MiB', figures: own })
}

async function releaseStart(lab: Lab): Promise<void> {
  await buildRelease()
  const what = 'start of the one-file release on an empty folder to first answer'
  const begin = () => startRelease(lab.scratch('start/release'))
  const figures = await alternate(lab.options.pairs * 2, ['berth'], () => startOnce(what, begin))
  lab.add({ row: 19, id: 'release-start', what, unit: 'ms', figures })
}

/** Not in a quick run: filling the folder takes longer than all of it. */
async function startMillion(lab: Lab): Promise<void> {
  const dir = await grownFolder(lab, 'berth', MILLION)
  const what = 'on a folder of 1,000,000 tags and as many repositories to first answer'
  const ways = [
    { id: 'start-million', how: 'start', begin: () => startBerth({ dir }) },
    { id: 'release-start-million', how: 'start of the one-file release', begin: () => startRelease(dir) },
  ]
  for (const { id, how, begin } of ways) {
    const full = `${how} ${what}`
    const figures = await alternate(lab.options.pairs * 2, ['berth'], () => startOnce(full, begin))
    lab.add({ row: 19, id, what: full, unit: 'ms', figures })
  }
}

const folder = (lab: Lab, who: Contestant) => join(lab.dir, 'used', who)

async function fill(lab: Lab, who: Contestant): Promise<void> {
  const server = await startFresh(lab, who, { dir: folder(lab, who) })
  await pushImage(server.url, lab.data.image)
  await server.stop()
}

function start(lab: Lab, who: Contestant, what: string, dir: string): Promise<Figure> {
  return startOnce(what, (options) => startFresh(lab, who, { ...options, dir }))
}

async function startOnce(what: string, begin: (options: Born) => Promise<Server>): Promise<Figure> {
  const server = await timedStart(what, begin)
  await server.stop()
  return { value: server.firstAnswerMs }
}

const MOST_WAIT_MS = 60_000

/** In MiB: all that the process holds, and the part that it does not share with its program file. */
function idle(lab: Lab, who: Contestant): Promise<Memory> {
  return idleOf(() => startFresh(lab, who, { dir: folder(lab, who) }))
}

interface Memory {
  readonly resident: number
  readonly anonymous: number
}

async function idleOf(begin: () => Promise<Server>): Promise<Memory> {
  const server = await begin()
  await Bun.sleep(2000)
  // A program of its own looks into what was pushed last; while it does, nothing is idle.
  for (let waited = 0; hasChildren(server.pid) && waited < MOST_WAIT_MS; waited += 500) await Bun.sleep(500)
  const memory = { resident: residentBytes(server.pid) / MIB, anonymous: anonymousBytes(server.pid) / MIB }
  await server.stop()
  return memory
}
