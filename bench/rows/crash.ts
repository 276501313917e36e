import type { Acknowledged, CrashInput } from '../load/crash-pushes.ts'
import { alternate } from '../support/alternate.ts'
import type { Contestant } from '../support/contestants.ts'
import { MANIFEST_TYPE, REPOSITORY } from '../support/data-set.ts'
import { startFresh } from '../support/fresh.ts'
import type { Lab } from '../support/lab.ts'
import { startLoad } from '../support/load.ts'
import type { Figure } from '../support/result.ts'
import { verifyBody } from '../support/seed.ts'

/** Row 20: kill -9 under 32 pushes; what was acknowledged must be there after the restart. */
export async function crash(lab: Lab): Promise<void> {
  const contestants = lab.present(20, ['berth', 'peer'])
  const counts = new Map<Contestant, number>()
  const recoveries: Partial<Record<Contestant, Figure[]>> = {}
  const lost = await alternate(lab.options.quick ? 1 : 3, contestants, async (who) => {
    const outcome = await killAndCheck(lab, who)
    counts.set(who, (counts.get(who) ?? 0) + outcome.acknowledged)
    recoveries[who] = [...(recoveries[who] ?? []), { value: outcome.recoveryMs }]
    return { value: outcome.lost }
  })
  const note = contestants.map((who) => `${who}: ${counts.get(who)} acknowledged`).join(', ')
  const what = 'acknowledged pushes lost by kill -9 during 32 pushes'
  lab.add({ row: 20, id: 'lost', what, unit: 'count', figures: lost, note })
  lab.add({ row: 20, id: 'recovery', what: 'first answer after that kill', unit: 'ms', figures: recoveries })
}

async function killAndCheck(lab: Lab, who: Contestant) {
  const dir = lab.scratch(`crash-${who}`)
  const server = await startFresh(lab, who, { dir })
  const input: CrashInput = { port: server.port, repository: REPOSITORY, mediaType: MANIFEST_TYPE, concurrency: 32 }
  const load = startLoad('crash-pushes.ts', input)
  await load.line('ready')
  await load.release()
  await Bun.sleep(2000)
  await server.stop('SIGKILL')
  const acknowledged: Acknowledged[] = JSON.parse(await load.lastLine())
  if (acknowledged.length === 0) throw new Error(`${who} acknowledged nothing before it was killed`)
  const revived = await startFresh(lab, who, { dir })
  let lost = 0
  for (const { path, digest } of acknowledged) {
    await verifyBody(`${revived.url}${path}`, digest, { Accept: MANIFEST_TYPE }).catch(() => lost++)
  }
  await revived.stop()
  lab.scratch(`crash-${who}`)
  return { lost, acknowledged: acknowledged.length, recoveryMs: revived.firstAnswerMs }
}
