// `npm run bench`: ours against other registries and nginx, in one run, on one disk. `npm run bench -- help` lists the words.
import { join } from 'node:path'
import { profileRow } from './profiles/run.ts'
import { betterOf, leadsOf, losses, readLeads, writeLeads } from './report/guard.ts'
import { writePage } from './report/markdown.ts'
import { writeProfiles } from './report/profiles.ts'
import { updateRecord } from './report/record.ts'
import { terminalReport } from './report/terminal.ts'
import { access } from './rows/access.ts'
import { bigBlobs, blobHead, ranges, smallBlobs } from './rows/blobs.ts'
import { connections } from './rows/connections.ts'
import { inventories, policy, rematch, scannedPushes } from './rows/contents.ts'
import { crash } from './rows/crash.ts'
import { herd } from './rows/herd.ts'
import { imagePulls } from './rows/image-pulls.ts'
import { lists } from './rows/lists.ts'
import { growthCatalog, growthManifests, growthReferrers, growthTags } from './rows/growth.ts'
import { floor, manifestGet, manifestHead } from './rows/manifests.ts'
import { lifecycle } from './rows/lifecycle.ts'
import { pages } from './rows/pages.ts'
import { profile } from './rows/profile.ts'
import { pushes } from './rows/pushes.ts'
import { scaleGrowth } from './rows/scale-growth.ts'
import { scaleReplicas } from './rows/scale-replicas.ts'
import { scaleTraffic } from './rows/scale-traffic.ts'
import { smallWrites } from './rows/small-writes.ts'
import { starts } from './rows/starts.ts'
import { tls } from './rows/tls.ts'
import { coldPulls } from './rows/upstreams-cold.ts'
import { copies } from './rows/upstreams-copy.ts'
import { presentTags } from './rows/upstreams-tags.ts'
import { warmPulls } from './rows/upstreams-warm.ts'
import { Lab } from './support/lab.ts'
import { measureLimits } from './support/limits.ts'
import { type Options, parseOptions, USAGE } from './support/options.ts'
import { killAllServers } from './support/server.ts'
import { moveToLoadCpu } from './support/tools.ts'

/** The rows by their number in docs/performance.md. */
const ROWS: Readonly<Record<number, (lab: Lab) => Promise<void>>> = {
  1: floor,
  2: manifestGet,
  3: manifestHead,
  4: blobHead,
  5: smallBlobs,
  6: bigBlobs,
  7: ranges,
  8: pushes,
  9: smallWrites,
  10: imagePulls,
  11: growthTags,
  12: growthCatalog,
  13: growthManifests,
  14: growthReferrers,
  15: lifecycle,
  16: profile,
  17: herd,
  18: connections,
  19: starts,
  20: crash,
  21: tls,
  22: access,
  23: scaleTraffic,
  24: scaleGrowth,
  25: scaleReplicas,
  26: coldPulls,
  27: warmPulls,
  28: presentTags,
  29: copies,
  30: inventories,
  31: rematch,
  32: policy,
  33: scannedPushes,
  34: lists,
  35: pages,
}

/** The rows that a target rests on. */
const QUICK_ROWS = [2, 3, 4, 6, 8, 18, 19, 20, 22]

/** The rows of the quick run in which docker-registry takes part. */
const GUARDED_ROWS = [2, 3, 4, 6, 8]

type Row = readonly [number, (lab: Lab) => Promise<void>]

function wantedRows({ rows, quick, guard }: Options): Row[] {
  const all = Object.entries(ROWS).map(([row, measure]) => [Number(row), measure] as const)
  if (guard) return all.filter(([row]) => GUARDED_ROWS.includes(row))
  if (rows.length > 0) return all.filter(([row]) => rows.includes(row))
  return quick ? all.filter(([row]) => QUICK_ROWS.includes(row)) : all
}

async function run(options: Options): Promise<void> {
  const base = process.env.BERTH_BENCH_DIR ?? join(import.meta.dir, '../data/bench')
  const lab = new Lab(options, join(base, `run-${process.pid}`))
  moveToLoadCpu()
  process.on('exit', () => {
    killAllServers()
    lab.remove()
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
  try {
    if (options.profile) return await profileRows(options, lab.dir)
    if (!options.guard) lab.limits.push(...measureLimits(lab.dir, options.quick))
    const rows = wantedRows(options)
    await measureRows(lab, rows)
    console.log(terminalReport(lab))
    if (options.guard) await guard(lab, rows)
    else if (options.write)
      writePage(
        updateRecord(
          lab,
          rows.map(([row]) => row).filter((row) => !lab.failed.has(row)),
        ),
      )
    if (lab.failed.size > 0) process.exitCode = 1
  } finally {
    await lab.close()
    // A server that failed while it was being filled is nobody's: it would keep us from ending.
    killAllServers()
  }
}

async function profileRows(options: Options, dir: string): Promise<void> {
  for (const [row, measure] of wantedRows(options)) {
    const { loads, failures } = await profileRow(options, join(dir, String(row)), measure)
    for (const failure of failures) console.error(`row ${row}: ${failure}`)
    if (failures.length > 0) process.exitCode = 1
    else writeProfiles(row, loads)
  }
}

async function measureRows(lab: Lab, rows: readonly Row[]): Promise<void> {
  for (const [row, measure] of rows) await measure(lab).catch((error: unknown) => lab.fail(row, error))
}

/** What seems lost is measured once more, since a slow spell of the machine may fall on one half of a pair. */
async function guard(lab: Lab, rows: readonly Row[]): Promise<void> {
  if (lab.options.write) return writeLeads(leadsOf(lab.results, 'least'))
  const recorded = readLeads()
  const first = leadsOf(lab.results)
  if (losses(first, recorded).length > 0) await measureRows(lab, rows)
  const lost = losses(betterOf(first, leadsOf(lab.results), recorded), recorded)
  for (const sentence of lost) console.log(`slower than recorded: ${sentence}`)
  console.log(`speed: ${Object.keys(recorded).length} leads recorded, ${lost.length} lost`)
  if (lost.length > 0) process.exitCode = 1
}

const words = process.argv.slice(2)
if (words.includes('help')) console.log(USAGE)
else await run(parseOptions(words))
