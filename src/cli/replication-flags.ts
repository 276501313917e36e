import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseByteSize } from '../lib/byte-size.ts'
import type { RuleChange } from '../replication/manage-rules.ts'
import type { Flags } from './flags.ts'

/** `none`: take it away. */
export interface RuleFlags extends Flags {
  readonly repositories?: string
  readonly tags?: string
  readonly label?: readonly string[]
  readonly platform?: readonly string[]
  readonly signedOnly?: boolean
  readonly stripPrefix?: string
  readonly addPrefix?: string
  readonly flatten?: boolean
  readonly onEvent?: boolean
  readonly schedule?: string
  readonly deletes?: boolean
  readonly conflicts?: 'newest' | 'source' | 'keep'
  readonly peerAccount?: string
  readonly concurrency?: number
  readonly bandwidth?: number | 'none'
}

const collect = (value: string, previous: readonly string[] = []) => [...previous, value]

export function withRuleFlags(command: Command): Command {
  return command
    .option('--repositories <patterns>', 'names where the images come from: "team/**", with commas between')
    .option('--tags <selector>', 'a glob, regex:RE2, semver:RANGE, "!" before it for all others')
    .option('--label <key=value>', 'only images with it; may be said again', collect)
    .option('--platform <os/arch>', 'only these, such as linux/arm64; may be said again', collect)
    .option('--signed-only', 'only what is signed')
    .option('--no-signed-only', 'signed or not')
    .option('--strip-prefix <prefix>', 'take it from the beginning of names')
    .option('--add-prefix <prefix>', 'put it before names, for example mirror/')
    .option('--flatten', 'of a name only what stands after its last slash')
    .option('--no-flatten', 'whole names')
    .option('--on-event', 'soon after each change')
    .option('--no-on-event', 'not after changes')
    .option('--schedule <cron>', 'five fields in UTC, for example "0 3 * * *"; "none" takes it away')
    .option('--deletes', 'tags that go at the source go at the target too')
    .option('--no-deletes', 'nothing is deleted')
    .addOption(
      new Option('--conflicts <policy>', 'when a tag was changed on both sides').choices(['newest', 'source', 'keep']),
    )
    .option('--peer-account <name>', 'the account with which the remote pushes here; "none" takes it away')
    .option('--concurrency <n>', 'images at a time', parseCount)
    .option('--bandwidth <size>', 'bytes a second, for example 10MiB; "none" takes it away', parseRate)
}

function parseCount(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number')
}

function parseRate(text: string): number | 'none' {
  const bytes = text === 'none' ? text : parseByteSize(text)
  if (bytes === undefined) throw new InvalidArgumentError('a size such as 10MiB, or "none"')
  return bytes
}

/** What was said; null: to be taken away. */
export function bodyOf(flags: RuleFlags): NonNullable<RuleChange['body']> {
  const unless = <T>(value: T | 'none' | undefined) => (value === 'none' ? null : value)
  const { repositories, tags, label, platform, signedOnly, stripPrefix, addPrefix, flatten } = flags
  const said = {
    ...{ repositories, tags, labels: label, platforms: platform, signedOnly, stripPrefix, addPrefix, flatten },
    ...{ onEvent: flags.onEvent, deletes: flags.deletes, conflicts: flags.conflicts, concurrency: flags.concurrency },
    schedule: unless(flags.schedule),
    peerAccount: unless(flags.peerAccount),
    bytesPerSecond: unless(flags.bandwidth),
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
}
