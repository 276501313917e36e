import { join } from 'node:path'
import { alternate } from '../support/alternate.ts'
import { buildRelease, type Contestant, startRelease } from '../support/contestants.ts'
import { anonymousBytes, residentBytes } from '../support/cpu.ts'
import { MIB } from '../support/data-set.ts'
import { startFresh } from '../support/fresh.ts'
import type { Lab } from '../support/lab.ts'
import type { Figure } from '../support/result.ts'
import { pushImage } from '../support/seed.ts'
import type { Server } from '../support/server.ts'

/** Row 19: from nothing to the first answer, and the memory of a server that nobody uses. */
export async function starts(lab: Lab): Promise<void> {
  const contestants = lab.present(19, ['berth', 'peer'])
  const count = lab.options.pairs * 2
  const empty = await alternate(count, contestants, (who) => start(lab, who, lab.scratch(join('start', who))))
  lab.add({ row: 19, id: 'start-empty', what: 'start on an empty folder to first answer', unit: 'ms', figures: empty })

  await buildRelease()
  const release = await alternate(count, ['berth'], () => startOnce(() => startRelease(lab.scratch('start/release'))))
  const file = 'start of the one-file release on an empty folder to first answer'
  lab.add({ row: 19, id: 'release-start', what: file, unit: 'ms', figures: release })

  for (const who of contestants) await fill(lab, who)
  const again = await alternate(count, contestants, (who) => start(lab, who, folder(lab, who)))
  lab.add({ row: 19, id: 'start-again', what: 'start on a folder in use to first answer', unit: 'ms', figures: again })

  const own: Partial<Record<Contestant, Figure[]>> = {}
  const all = await alternate(lab.options.quick ? 1 : 3, contestants, async (who) => {
    const memory = await idle(lab, who)
    own[who] = [...(own[who] ?? []), { value: memory.anonymous }]
    return { value: memory.resident }
  })
  const idleFor2s = 'memory when idle, 2 s after start'
  lab.add({ row: 19, id: 'idle-memory', what: `${idleFor2s} (VmRSS)`, unit: 'MiB', figures: all })
  const withoutProgram = `${idleFor2s}, without the pages of the program file (RssAnon)`
  lab.add({ row: 19, id: 'idle-memory-own', what: withoutProgram, unit: 'MiB', figures: own })
}

const folder = (lab: Lab, who: Contestant) => join(lab.dir, 'used', who)

async function fill(lab: Lab, who: Contestant): Promise<void> {
  const server = await startFresh(lab, who, { dir: folder(lab, who) })
  await pushImage(server.url, lab.data.image)
  await server.stop()
}

function start(lab: Lab, who: Contestant, dir: string): Promise<Figure> {
  return startOnce(() => startFresh(lab, who, { dir }))
}

async function startOnce(begin: () => Promise<Server>): Promise<Figure> {
  const server = await begin()
  await server.stop()
  return { value: server.firstAnswerMs }
}

/** In MiB: all that the process holds, and the part that it does not share with its program file. */
async function idle(lab: Lab, who: Contestant): Promise<{ resident: number; anonymous: number }> {
  const server = await startFresh(lab, who, { dir: folder(lab, who) })
  await Bun.sleep(2000)
  const memory = { resident: residentBytes(server.pid) / MIB, anonymous: anonymousBytes(server.pid) / MIB }
  await server.stop()
  return memory
}
