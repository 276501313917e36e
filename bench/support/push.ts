import type { PushInput, PushOutcome } from '../load/push.ts'
import { GIB, MIB, REPOSITORY, sizeLabel } from './data-set.ts'
import { type RunningLoad, startLoad } from './load.ts'
import type { Figure } from './result.ts'
import { section } from './section.ts'
import { verifyBody } from './seed.ts'
import type { Server } from './server.ts'

/** How many blobs of which size are pushed, and how. */
export type Pushes = Omit<PushInput, 'port' | 'secure' | 'repository'>

export function pushesInWords({ size, way, concurrency }: Omit<Pushes, 'count'>): string {
  return `push ${sizeLabel(size)}, ${way === 'chunked' ? 'POST+PATCH+PUT' : 'POST+PUT'}, ${concurrency} at once`
}

/** One timed section: the bodies are made before it, and some of what was stored is fetched and compared after it. */
export async function push(server: Server, wanted: Pushes): Promise<Figure> {
  const load = await readyLoad(server, wanted)
  const { size, count } = wanted
  const about = { what: `${isSecure(server) ? 'TLS: ' : ''}${pushesInWords(wanted)}`, operations: () => count }
  const { outcome, cpu, peakBytes } = await section(server, about, () => outcomeOf(load))
  for (const digest of outcome.samples) await verifyBody(`${server.url}/v2/${REPOSITORY}/blobs/${digest}`, digest)
  const bytes = size * count
  return size < MIB
    ? { value: count / outcome.seconds, cpu: (cpu * 1000) / count, peakBytes }
    : { value: bytes / MIB / outcome.seconds, cpu: (cpu * GIB) / bytes, peakBytes }
}

/** Pushes of the same kind, before those that are timed. */
export async function warmUpPushes(server: Server, wanted: Omit<Pushes, 'count'>): Promise<void> {
  await outcomeOf(await readyLoad(server, { ...wanted, size: Math.min(wanted.size, MIB), count: 20 }))
}

async function readyLoad(server: Server, wanted: Pushes): Promise<RunningLoad> {
  const input: PushInput = { port: server.port, secure: isSecure(server), repository: REPOSITORY, ...wanted }
  const load = startLoad('push.ts', input)
  await load.line('ready')
  return load
}

async function outcomeOf(load: RunningLoad): Promise<PushOutcome> {
  await load.release()
  return JSON.parse(await load.lastLine())
}

function isSecure({ url }: Server): boolean {
  return url.startsWith('https:')
}
