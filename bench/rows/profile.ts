import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OPERATIONS } from '../load/profile/recorder.ts'
import type { ProfileInput, ProfileOutcome } from '../load/profile-r.ts'
import { alternate } from '../support/alternate.ts'
import type { Contestant } from '../support/contestants.ts'
import { GIB } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { startLoad } from '../support/load.ts'
import { makePopulation, PROFILE_SEED, type Population } from '../support/profile-population.ts'
import { type Filled, fill, withCopy } from '../support/profile-registries.ts'
import type { Figure } from '../support/result.ts'
import { section } from '../support/section.ts'
import { verifyBody } from '../support/seed.ts'
import { NAMES, number } from '../report/format.ts'

const ROW = 16
const CLIENTS = 200
/** Enough to keep a server's core busy, and few enough that the load's core is not the one that is full. */
const CAPACITY_CLIENTS = 32
/** Of the slower one's capacity. */
const LOADS = [0.5, 0.8]
/** Of the usual length: sessions are long, and p99 wants thousands of requests. */
const SECTIONS = 2.5
const MAX_PAIRS = 2

interface Scene {
  readonly lab: Lab
  readonly population: Population
  /** The images, for the load program. */
  readonly images: string
  readonly filled: ReadonlyMap<Contestant, Filled>
}

/** What one section showed. */
interface Section extends ProfileOutcome {
  readonly cpu: number
  /** Of the server's core, 0 to 1, while the section ran. */
  readonly serverShare: number
  readonly peakBytes: number
}

/** Row 16: clients of all kinds at once, as registries have them, coming when they come. */
export async function profile(lab: Lab): Promise<void> {
  const contestants = lab.present(ROW, ['secured', 'peer'])
  if (contestants.length < 2 && !lab.options.profile) return
  const population = makePopulation(lab.scratch('profile-files'))
  const images = join(lab.dir, 'profile-images.json')
  writeFileSync(images, JSON.stringify(population.images))
  const filled = new Map<Contestant, Filled>()
  for (const who of contestants) filled.set(who, await fill(lab, who, population))
  try {
    const scene = { lab, population, images, filled }
    const slowest = await capacity(scene, contestants)
    for (const load of LOADS) await openLoop(scene, contestants, { load, perSecond: slowest * load })
  } finally {
    for (const folder of ['profile', 'profile-files', 'profile-copy']) lab.scratch(folder)
  }
}

/** What each can do at most. Returns the sessions a second of the slowest. */
async function capacity(scene: Scene, contestants: readonly Contestant[]): Promise<number> {
  const { lab, population } = scene
  const notes: string[] = []
  const what = `sessions of profile R that are served at most, ${CAPACITY_CLIENTS} clients`
  const figures = await alternate(1, contestants, async (who) => {
    const section = await measure(scene, who, {
      what,
      seed: PROFILE_SEED,
      clients: CAPACITY_CLIENTS,
      seconds: lab.options.seconds,
    })
    notes.push(`${NAMES[who]}: ${generatorNote(section)}`)
    return { value: section.sessionsPerSecond, ...costOf(section) }
  })
  const size = `${population.images.length} images, ${number(population.bytes / GIB)} GiB, seed ${PROFILE_SEED}`
  const note = `${size}; ${notes.join('; ')}`
  lab.add({ row: ROW, id: 'profile-r-capacity', what, unit: 'session/s', cpuPer: '1k', figures, note })
  return Math.min(...contestants.map((who) => figures[who]?.[0]?.value ?? Number.NaN))
}

/** Sessions begin when their time comes, however many are still at work. */
async function openLoop(
  scene: Scene,
  contestants: readonly Contestant[],
  { load, perSecond }: { readonly load: number; readonly perSecond: number },
): Promise<void> {
  const { lab } = scene
  const percent = Math.round(100 * load)
  const about = `profile R at ${percent} % of the slower one’s capacity`
  const sections = new Map<Contestant, Section[]>(contestants.map((who) => [who, []]))
  const notes: string[] = []
  await alternate(Math.min(lab.options.pairs, MAX_PAIRS), contestants, async (who, pair) => {
    const seed = PROFILE_SEED + Math.round(100 * load) + pair
    const seconds = SECTIONS * lab.options.seconds
    const section = await measure(scene, who, { what: about, seed, clients: CLIENTS, seconds, perSecond })
    sections.get(who)?.push(section)
    notes.push(`${NAMES[who]}: ${generatorNote(section)}`)
    return { value: section.all.p99 }
  })
  const add = (id: string, what: string, of: (section: Section) => Figure | undefined, note?: string) => {
    const figures = Object.fromEntries(
      contestants.map((who) => [who, (sections.get(who) ?? []).flatMap((section) => of(section) ?? [])]),
    )
    lab.add({
      row: ROW,
      id: `profile-r-${percent}${id}`,
      what: `${about}: ${what}`,
      unit: 'ms',
      cpuPer: '1k',
      figures,
      ...(note && { note }),
    })
  }
  const note = `${number(perSecond)} sessions a second; ${notes.join('; ')}`
  add('', 'all requests, p99', (section) => ({ value: section.all.p99, ...section.all, ...costOf(section) }), note)
  for (const operation of OPERATIONS) {
    add(`-${operation.replace(' ', '-')}`, `${operation}, p99`, ({ operations }) => {
      const latencies = operations[operation]
      return latencies && { value: latencies.p99, ...latencies }
    })
  }
}

function costOf({ cpu, asked, peakBytes }: Section): Pick<Figure, 'cpu' | 'peakBytes'> {
  return { cpu: (cpu * 1000) / asked, peakBytes }
}

/** Whether the clients were the limit. */
function generatorNote({ cpuShare, lateness, serverShare, all }: Section): string {
  const late = lateness.count === 0 ? '' : `, late ${number(lateness.p50)}/${number(lateness.p99)} ms (p50/p99)`
  return `${all.count} requests, server ${Math.round(100 * serverShare)} % busy, clients ${Math.round(100 * cpuShare)} %${late}`
}

/** One section on data as it was filled. @throws Error when one answer was wrong */
async function measure(
  { lab, population, images, filled }: Scene,
  who: Contestant,
  { what, ...plan }: Pick<ProfileInput, 'seed' | 'clients' | 'seconds' | 'perSecond'> & { readonly what: string },
): Promise<Section> {
  const data = filled.get(who)
  if (data === undefined) throw new Error(`${who} was not filled`)
  return withCopy(lab, data, [...population.blobs.keys()], async ({ server, headers }) => {
    const [image] = population.images
    const layer = image?.layers[0]?.digest ?? ''
    await verifyBody(`${server.url}/v2/${image?.repository}/blobs/${layer}`, layer, headers[image?.repository ?? ''])
    const { warmupSeconds } = lab.options
    const input: ProfileInput = { port: server.port, images, headers, warmupSeconds, ...plan }
    const load = startLoad('profile-r.ts', input)
    await load.line('ready')
    const startedAt = performance.now()
    const about = { what, operations: ({ asked }: ProfileOutcome) => asked }
    const { outcome, cpu, peakBytes } = await section<ProfileOutcome>(server, about, async () => {
      await load.release()
      return JSON.parse(await load.lastLine())
    })
    const serverShare = (cpu * 1000) / (performance.now() - startedAt)
    if (outcome.wrong > 0)
      throw new Error(`${who}: ${outcome.wrong} answers were wrong: ${outcome.examples.join('; ')}`)
    return { ...outcome, cpu, serverShare, peakBytes }
  })
}
