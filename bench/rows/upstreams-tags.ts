import { join } from 'node:path'
import { runBerth, startBerth, startPeer } from '../support/contestants.ts'
import type { Asked } from '../load/line.ts'
import type { Lab } from '../support/lab.ts'
import { COUNTING, type Line, startLine, summed } from '../support/line.ts'
import { type ManyTags, makeManyTags, pushManyTags } from '../support/many-tags.ts'
import type { Server } from '../support/server.ts'

const ROW = 28
const REMOTE = 'other'
const RULE = 'all'
const POLL_MS = 500

type Other = 'berth' | 'peer'

const NAMES: Readonly<Record<Other, string>> = { berth: 'another Berth', peer: 'docker-registry' }

/** Row 28: replicating and importing tags that are there already, counted at the other side. */
export async function presentTags(lab: Lab): Promise<void> {
  const tags = makeManyTags('bench/tags', lab.options.quick ? 200 : 1000)
  for (const other of ['peer', 'berth'] as const) {
    if (other === 'peer' && !lab.has(ROW, 'docker-registry')) continue
    for (const direction of ['push', 'pull'] as const)
      await withBoth(lab, { other, tags, isHere: true }, (both) => replicate(lab, both, direction))
    await withBoth(lab, { other, tags, isHere: false }, (both) => importTwice(lab, both))
  }
}

interface Wanted {
  readonly other: Other
  readonly tags: ManyTags
  /** Ours has the tags too. */
  readonly isHere: boolean
}

interface Both extends Wanted {
  /** Of ours. */
  readonly dir: string
  readonly line: Line
}

async function withBoth(lab: Lab, wanted: Wanted, use: (both: Both) => Promise<void>): Promise<void> {
  const dir = lab.scratch('tags/here')
  const start = wanted.other === 'peer' ? startPeer : startBerth
  const there = await start({ dir: lab.scratch('tags/there') })
  const here = await startBerth({ dir })
  const line = await startLine({ ...COUNTING, port: there.port })
  try {
    const servers: Server[] = wanted.isHere ? [there, here] : [there]
    for (const server of servers) await pushManyTags(server, wanted.tags)
    await use({ ...wanted, dir, line })
  } finally {
    await line.stop()
    await here.stop()
    await there.stop()
    lab.scratch('tags')
  }
}

async function replicate(lab: Lab, both: Both, direction: 'push' | 'pull'): Promise<void> {
  const { dir, line, tags, other } = both
  await runBerth(dir, ['remote', 'add', REMOTE, line.url, '--allow-private'])
  const rule = ['replication', 'create', RULE, `--${direction}`, REMOTE, '--repositories', tags.repository]
  await runBerth(dir, rule)
  for (const run of ['first', 'second'] as const) {
    await line.taken()
    const said = await runOnce(dir)
    if (!said.includes(`${tags.count} present`)) throw new Error(`the tags were not found to be there: ${said}`)
    const what = `${direction === 'push' ? 'pushed to' : 'pulled from'} ${NAMES[other]} by a rule, its ${run} run`
    add(lab, both, { id: `replicate-${direction}-${other}-${run}`, what, asked: await line.taken() })
  }
}

/** Until it is over; what the list says of it. */
async function runOnce(dir: string): Promise<string> {
  const execution = /Execution (\d+)/.exec(await runBerth(dir, ['replication', 'run', RULE]))?.[1]
  for (;;) {
    const list = await runBerth(dir, ['replication', 'executions', RULE])
    const line = list.split('\n').find((each) => each.startsWith(`${execution} `)) ?? ''
    if (!/^\d+ +(waiting|running|queued)/.test(line)) return line
    await Bun.sleep(POLL_MS)
  }
}

async function importTwice(lab: Lab, both: Both): Promise<void> {
  const { dir, line, tags, other } = both
  const source = join(new URL(line.url).host, tags.repository)
  for (const [id, what] of [
    ['fresh', 'imported from'],
    ['present', 'imported once more from'],
  ] as const) {
    await line.taken()
    await runBerth(dir, ['import', source])
    add(lab, both, { id: `import-${id}-${other}`, what: `${what} ${NAMES[other]}`, asked: await line.taken() })
  }
}

function add(
  lab: Lab,
  { tags: { count } }: Both,
  { id, what, asked }: { id: string; what: string; asked: readonly Asked[] },
): void {
  const ms = (asked.at(-1)?.at ?? 0) - (asked[0]?.at ?? 0)
  const note = `${(ms / 1000).toFixed(1)} s from the first to the last: ${summed(asked)}`
  const figures = { berth: [{ value: asked.length / count }] }
  lab.add({ row: ROW, id, what: `requests for each of ${count} tags, ${what}`, unit: 'count', figures, note })
}
