import type { PushInput, PushOutcome } from '../load/push.ts'
import { cpuSeconds, forgetPeak, peakResidentBytes } from './cpu.ts'
import { GIB, MIB, REPOSITORY } from './data-set.ts'
import { startLoad } from './load.ts'
import type { Figure } from './result.ts'
import { verifyBody } from './seed.ts'
import type { Server } from './server.ts'

/** How many blobs of which size are pushed, and how. */
export type Pushes = Omit<PushInput, 'port' | 'secure' | 'repository'>

/** One timed section: the bodies are made before it, and some of what was stored is fetched and compared after it. */
export async function push(server: Server, wanted: Pushes): Promise<Figure> {
  const { port, url } = server
  const input: PushInput = { port, secure: url.startsWith('https:'), repository: REPOSITORY, ...wanted }
  const load = startLoad('push.ts', input)
  await load.line('ready')
  forgetPeak(server.pid)
  const cpuBefore = cpuSeconds(server.pid)
  await load.release()
  const outcome: PushOutcome = JSON.parse(await load.lastLine())
  const cpu = cpuSeconds(server.pid) - cpuBefore
  const peakBytes = peakResidentBytes(server.pid)
  for (const digest of outcome.samples) await verifyBody(`${server.url}/v2/${REPOSITORY}/blobs/${digest}`, digest)
  const bytes = input.size * input.count
  return input.size < MIB
    ? { value: input.count / outcome.seconds, cpu: (cpu * 1000) / input.count, peakBytes }
    : { value: bytes / MIB / outcome.seconds, cpu: (cpu * GIB) / bytes, peakBytes }
}
