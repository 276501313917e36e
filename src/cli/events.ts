import { type Command, InvalidArgumentError } from 'commander'
import { systemClock } from '../lib/clock.ts'
import { readFeed, type SeenEvent, startOf } from '../webhooks/feed.ts'
import { parseCursor } from '../events/event.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { withManagement } from './offline.ts'
import { print } from './output.ts'

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
    .action(async (flags: EventFlags) => {
      const { since, project, repository, type, limit, follow } = flags
      await withManagement(await offlineOf(flags), async (m) => {
        let at = await startOf({ m }, since)
        for (let left = limit; left > 0 || follow === true;) {
          const count = follow === true ? 100 : Math.min(left, 1000)
          const page = await readFeed({ m, principal: undefined }, at, { project, repository, type }, count)
          for (const event of page.items) print(line(event))
          left -= page.items.length
          at = parseCursor(page.cursor) ?? at
          if (page.more) continue
          if (follow !== true) return
          await systemClock.sleep(POLL_MS)
          await m.recorder.seal()
        }
      })
    })
}

/** JSON has no control characters but those it escapes; nothing else of a name may move a terminal's cursor. */
function line(event: SeenEvent): string {
  return JSON.stringify(event).replaceAll(/[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((n) => `\\u${character.charCodeAt(n).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit > 0) return limit
  throw new InvalidArgumentError('a whole number, 1 or more')
}
