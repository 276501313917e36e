import { type Command, InvalidArgumentError } from 'commander'
import type { Management } from '../access/management.ts'
import { systemClock } from '../lib/clock.ts'
import { readFeed, startOf } from '../webhooks/feed.ts'
import { parseCursor } from '../events/event.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { withManagement } from './offline.ts'
import { print, safeJson } from './output.ts'

interface EventFlags extends Flags {
  readonly since?: string
  readonly project?: string
  readonly repository?: string
  readonly type?: string
  readonly limit: number
  readonly follow?: boolean
}

const POLL_MS = 500

export function addEventCommands(program: Command): void {
  withConfig(program.command('events').description('Print what happened as JSON lines, oldest first.'))
    .option('--since <cursor>', 'after this cursor; "latest": from now on (default: from the oldest on)')
    .option('--project <name>', 'of this project')
    .option('--repository <name>', 'of this repository')
    .option('--type <type>', 'of this type, or all that begin with it when it ends with a point: "tag."')
    .option('--limit <n>', 'how many at most; without effect on --follow', parseLimit, 1000)
    .option('--follow', 'go on with what comes, until interrupted')
    .action(async (flags: EventFlags) =>
      withManagement(await offlineOf(flags), async (m) => {
        const at = await startOf({ m }, flags.since)
        await (flags.follow === true ? follow(m, flags, at) : printSome(m, flags, at))
      }),
    )
}

async function printSome(m: Management, flags: EventFlags, start: number): Promise<void> {
  let at = start
  for (let left = flags.limit; left > 0;) {
    const page = await printPage(m, flags, { at, limit: Math.min(left, 1000) })
    if (!page.more) return
    left -= page.items.length
    at = page.at
  }
}

/** Ends with the process. */
async function follow(m: Management, flags: EventFlags, start: number): Promise<never> {
  for (let at = start; ;) {
    const page = await printPage(m, flags, { at, limit: 100 })
    at = page.at
    if (page.more) continue
    await systemClock.sleep(POLL_MS)
    await m.recorder.seal()
  }
}

async function printPage(
  m: Management,
  { project, repository, type }: EventFlags,
  { at, limit }: { readonly at: number; readonly limit: number },
) {
  const page = await readFeed({ m, principal: undefined }, at, { project, repository, type }, limit)
  for (const event of page.items) print(safeJson(event))
  return { ...page, at: parseCursor(page.cursor) ?? at }
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit > 0) return limit
  throw new InvalidArgumentError('a whole number, 1 or more')
}
