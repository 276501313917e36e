import { type Command, InvalidArgumentError } from 'commander'
import { formatAge, parseAge } from '../lib/age.ts'
import {
  addSource,
  changeSource,
  removeSource,
  requireSource,
  type SourceChange,
} from '../proxy-cache/manage-sources.ts'
import { placeAt, type Source } from '../proxy-cache/source.ts'
import { listSources } from '../proxy-cache/store.ts'
import { type Flags, offlineOf, parseNumber, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement } from './offline.ts'
import { print, printTable } from './output.ts'

export interface SourceFlags extends Flags {
  readonly allow?: readonly string[]
  readonly fresh?: number
  readonly negative?: number
  readonly platform?: readonly string[]
  readonly position?: number
  readonly fallback?: boolean
}

interface AddFlags extends SourceFlags {
  readonly registry?: string
  readonly prefix?: string
}

export function addSourceCommands(program: Command): void {
  const source = program
    .command('source')
    .description('Where projects get from what they do not have: other registries, asked in order.')
  withSourceFlags(
    source
      .command('add [project] [remote]')
      .description('Let a project get from a remote what it does not have; "berth remote add" makes a remote known.'),
  )
    .option('--registry <remote>', 'let the whole registry get from it what is not here, as its fallback')
    .option('--prefix <prefix>', 'of names at the remote, before the rest of the name: library/')
    .option('--fallback', 'ask only for what is not here: tags that are here stay what they are')
    .action(async (project: string | undefined, remote: string | undefined, flags: AddFlags) => {
      const place = placeOf(project, remote, flags.registry)
      const made = await withManagement(await offlineOf(flags), (m) =>
        addSource(m, BY_OPERATOR, { ...place, prefix: flags.prefix, ...changeOf(flags) }),
      )
      print(`Source ${made.id}: ${describe(made)}.`)
    })
  withSourceFlags(source.command('set <number>').description('Change a source. What is not said stays as it is.'))
    .option('--fallback', 'ask only for what is not here')
    .option('--no-fallback', 'let the remote decide what a tag names')
    .action(async (number: string, flags: SourceFlags) => {
      const made = await withManagement(await offlineOf(flags), (m) =>
        changeSource(m, BY_OPERATOR, parseNumber(number), changeOf(flags)),
      )
      printSource(made)
    })
  withConfig(source.command('list').description('List the sources, in the order in which they are asked.')).action(
    async (flags: Flags) => {
      const found = await withManagement(await offlineOf(flags), (m) => listSources(m.database.reader))
      if (found.length === 0) return print('There are no sources.')
      printTable([HEAD, ...found.toSorted(byProject).map(rowOf)])
    },
  )
  withConfig(source.command('show <number>').description('Show a source; "berth source list" has the numbers.')).action(
    async (number: string, flags: Flags) =>
      printSource(
        await withManagement(await offlineOf(flags), async (m) =>
          requireSource(await listSources(m.database.reader), parseNumber(number)),
        ),
      ),
  )
  withConfig(
    source.command('remove <number>').description('Get nothing more from there. What was pulled through it stays.'),
  ).action(async (number: string, flags: Flags) => {
    const gone = await withManagement(await offlineOf(flags), (m) => removeSource(m, BY_OPERATOR, parseNumber(number)))
    print(`Nothing more of ${ownerOf(gone)} comes from "${gone.remote}". What was pulled stays.`)
  })
}

function withSourceFlags(command: Command): Command {
  return withConfig(command)
    .option('--allow <pattern>', 'only these names at the remote: "library/*"; again for each, "**" for all', collect)
    .option('--fresh <time>', 'so long a tag is not compared with the remote again (default 1m)', parseTime)
    .option('--negative <time>', 'so long it is believed that the remote lacks something (default 1m)', parseTime)
    .option(
      '--platform <platform>',
      'of what is pulled bring this too: linux/arm64; again for each, or "none"',
      collect,
    )
    .option('--position <n>', 'its place in the order of the project’s sources (default: the last)', parsePosition)
}

export function placeOf(project: string | undefined, remote: string | undefined, registry: string | undefined) {
  if (registry !== undefined && project === undefined) return { remote: registry }
  if (registry === undefined && project !== undefined && remote !== undefined) return { project, remote }
  throw new Error('say a project and a remote, or --registry and a remote')
}

export function changeOf({ allow, fresh, negative, platform, position, fallback }: SourceFlags): SourceChange {
  return {
    allow: allow?.includes('**') === true ? [] : allow,
    platforms: platform?.filter((each) => each !== 'none'),
    ...{ freshMs: fresh, negativeMs: negative, position },
    mode: fallback === undefined ? undefined : fallback ? 'fallback' : 'cache',
  }
}

const HEAD = ['NUMBER', 'PROJECT', 'ORDER', 'REMOTE', 'MODE', 'PREFIX', 'FRESH', 'NEGATIVE', 'ALLOW', 'PLATFORMS']

function rowOf(source: Source): string[] {
  const { id, project, position, remote, mode, prefix, options } = source
  const place = [String(id), project ?? '(registry)', String(position), remote, mode, prefix === '' ? '-' : prefix]
  const [allow, platforms] = [options.allow.join(' '), options.platforms.join(' ')]
  return [...place, formatAge(options.freshMs), formatAge(options.negativeMs), allow || 'all', platforms || '-']
}

/** Those of a project together, and the registry's last, as they are asked. */
function byProject(one: Source, other: Source): number {
  if (one.project === other.project) return one.position - other.position
  if (one.project === undefined || other.project === undefined) return one.project === undefined ? 1 : -1
  return one.project < other.project ? -1 : 1
}

function printSource(source: Source): void {
  const { options } = source
  printTable([
    ['number', String(source.id)],
    ['of', ownerOf(source)],
    ['order', String(source.position)],
    ['remote', `${source.remote} (${source.remoteUrl})`],
    ['mode', source.mode],
    ['prefix', source.prefix || 'none'],
    ['fresh', formatAge(options.freshMs)],
    ['negative', formatAge(options.negativeMs)],
    ['allow', options.allow.join(' ') || 'all'],
    ['platforms', options.platforms.join(' ') || 'those that are pulled'],
    ['for example', describe(source)],
  ])
}

/** By a name that stands for all. */
function describe(source: Source): string {
  const here = source.project === undefined ? 'NAME' : `${source.project}/NAME`
  // Of one word Docker Hub makes another name.
  const there = placeAt({ ...source, options: { ...source.options, allow: [] } }, here)?.remoteName ?? 'NAME'
  return `${here} is ${there} at ${source.remote}`
}

function ownerOf({ project }: Source): string {
  return project === undefined ? 'the whole registry' : `the project ${project}`
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

function parseTime(text: string): number {
  const ms = parseAge(text)
  if (ms === undefined) throw new InvalidArgumentError('a time such as 30s, 5m or 1h; 0s for none')
  return ms
}

function parsePosition(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number from 1 on')
}
