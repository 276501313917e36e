import { type Command, InvalidArgumentError } from 'commander'
import { OPERATOR } from '../lib/actor.ts'
import { Problem } from '../lib/problem.ts'
import { type BinEntry, countManifestsIn, listDeletions } from '../metadata/bin-list.ts'
import { findRepository } from '../metadata/repositories.ts'
import { listTagEvents, type TagEvent } from '../metadata/tag-history.ts'
import { isDigest } from '../oci/digest.ts'
import { parseTagAtMoment } from '../oci/moment.ts'
import { parseRepositoryName, parseTag } from '../oci/name.ts'
import { parseImageReference, splitImageReference } from '../registry/image-reference.ts'
import { purgeDeletion } from '../registry/purge-deletion.ts'
import type { Registry } from '../registry/registry.ts'
import { restoreDeletion } from '../registry/restore-deletion.ts'
import { type RollBack, restoreTag, rollBack } from '../registry/roll-back.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { withRegistry } from './offline.ts'
import { print, printTable } from './output.ts'

export function addHistoryCommands(program: Command): void {
  withConfig(
    program
      .command('history <image>')
      .description('Show every move of the tags of a repository (NAME), or of one (NAME:TAG).'),
  )
    .option('--limit <n>', 'no more than the newest so many', parseLimit, 100)
    .action(async (image: string, flags: Flags & { readonly limit: number }) => {
      const events = await withRegistry(await offlineOf(flags), (registry) => eventsOf(registry, image, flags.limit))
      printTable([['AT', 'TAG', 'NAMES', 'BY', 'WHY', 'THE IMAGE'], ...events.map(toRow)])
    })
  withConfig(
    program
      .command('roll-back <image>')
      .description('A tag (NAME:TAG) names again what it named before. If that was deleted, it is restored.'),
  )
    .requiredOption('--to <digest|date>', 'a digest, or a moment: 20260801, 20260801T1200Z or 2026-08-01T12:00:00Z')
    .action(async (image: string, flags: Flags & { readonly to: string }) => {
      const { name, reference } = parseImageReference(image)
      const place = { repository: parseRepositoryName(name), actor: OPERATOR }
      const request = { tag: parseTag(reference), to: targetOf(flags.to), refusals: {} }
      const { digest, restored } = await withRegistry(await offlineOf(flags), (registry) =>
        rollBack(registry, place, request),
      )
      print(`${image} is ${digest}${restored ? ', which was restored from the recycle bin' : ''}.`)
    })
  addBin(program)
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit > 0 && limit <= 100_000) return limit
  throw new InvalidArgumentError('a number, 1 to 100000')
}

async function eventsOf({ database }: Registry, image: string, limit: number): Promise<TagEvent[]> {
  const { name, reference } = splitImageReference(image)
  const repositoryId = await findRepository(database.reader, parseRepositoryName(name))
  if (repositoryId === undefined) throw new Problem('not-found', `there is no repository "${name}"`)
  const tag = reference === undefined ? undefined : parseTag(reference)
  return listTagEvents(database.reader, { repositoryId, tag, before: undefined, limit })
}

function toRow({ at, tag, digest, actorName, reason, manifest, restorableUntil }: TagEvent): string[] {
  const fate = manifest === 'deleted' ? `deleted, restorable until ${restorableUntil?.toISOString()}` : manifest
  const why = reason === '' ? (digest === undefined ? 'deleted' : 'pushed') : reason
  return [at.toISOString(), tag, digest ?? '(nothing)', actorName, why, fate]
}

/** @throws Problem */
export function targetOf(text: string): RollBack['to'] {
  if (isDigest(text)) return { digest: text }
  const at = parseTagAtMoment(`x.at-${text}`)?.at ?? new Date(text)
  if (!Number.isNaN(at.getTime())) return { at }
  throw new Problem('invalid', `"${text}" is neither a digest nor a moment such as 20260801T1200Z`)
}

function addBin(program: Command): void {
  const bin = program.command('bin').description('Look into the recycle bin, restore what is in it, or empty it.')
  withScope(bin.command('list').description('List what was deleted and until when it can be restored.')).action(
    async (flags: Flags) => {
      const rows = await withRegistry(await offlineOf(flags), async (registry) => {
        const entries = await entriesOf(registry, flags)
        return Promise.all(entries.map((entry) => toBinRow(registry, entry)))
      })
      printTable([['NUMBER', 'REPOSITORY', 'WHAT', 'DELETED', 'BY', 'WHY', 'RESTORABLE UNTIL'], ...rows])
    },
  )
  withConfig(
    bin
      .command('restore <what>')
      .description('Restore a deletion by its number in "berth bin list", or a deleted tag (NAME:TAG).'),
  )
    .option('--to <name>', 'another name, for a repository that was deleted as a whole')
    .action(async (what: string, flags: Flags & { readonly to?: string }) =>
      withRegistry(await offlineOf(flags), (registry) =>
        /^\d{1,15}$/.test(what) ? restoreNumber(registry, Number(what), flags.to) : restoreOneTag(registry, what),
      ),
    )
  withScope(
    bin
      .command('empty [number]')
      .description('Remove for good what was deleted: one deletion, or all of a project or repository.'),
  )
    .option('--all', 'everything in the recycle bin')
    .action(async (number: string | undefined, flags: Flags) => {
      const count = await withRegistry(await offlineOf(flags), (registry) => empty(registry, number, flags))
      print(`Emptied of deletions: ${count}. The collector removes them for good at its next run.`)
    })
}

function withScope(command: Command): Command {
  return withConfig(command)
    .option('--project <name>', 'only what was in this project')
    .option('--repository <name>', 'only what was in this repository')
}

async function entriesOf({ database, clock }: Registry, flags: Flags): Promise<BinEntry[]> {
  const repository = typeof flags.repository === 'string' ? parseRepositoryName(flags.repository) : undefined
  const below = typeof flags.project === 'string' ? flags.project : undefined
  const entries: BinEntry[] = []
  for (let before: number | undefined; ;) {
    const page = await listDeletions(database.reader, { repository, below, before, limit: 1000 })
    entries.push(...page.filter(({ purgeAt }) => purgeAt > clock.now()))
    if (page.length < 1000) return entries
    before = page.at(-1)?.id
  }
}

async function toBinRow({ database }: Registry, entry: BinEntry): Promise<string[]> {
  const { id, repository, kind, deletedAt, actorName, reason, purgeAt } = entry
  const manifests = await countManifestsIn(database.reader, entry)
  const what = kind === 'repository' ? `all of it (manifests: ${manifests})` : `manifests: ${manifests}`
  const why = reason === '' ? kind : `${kind}: ${reason}`
  return [String(id), repository, what, deletedAt.toISOString(), actorName, why, purgeAt.toISOString()]
}

async function restoreNumber(registry: Registry, deletion: number, to: string | undefined): Promise<void> {
  const request = { deletion, actor: OPERATOR, to: to === undefined ? undefined : parseRepositoryName(to) }
  const { repository, manifests, tags, skippedTags } = await restoreDeletion(registry, request)
  print(`Restored in ${repository}: manifests ${manifests}${tags.length === 0 ? '' : `, tags ${tags.join(', ')}`}.`)
  for (const { tag, digest } of skippedTags)
    print(
      `The tag ${tag} is there again, so it stays. To have what it named: berth roll-back ${repository}:${tag} --to ${digest}`,
    )
}

async function restoreOneTag(registry: Registry, image: string): Promise<void> {
  const { name, reference } = parseImageReference(image)
  const place = { repository: parseRepositoryName(name), actor: OPERATOR }
  const { digest } = await restoreTag(registry, place, parseTag(reference))
  print(`${image} is ${digest}.`)
}

async function empty(registry: Registry, number: string | undefined, flags: Flags): Promise<number> {
  if (number !== undefined) {
    if (!/^\d{1,15}$/.test(number)) throw new Problem('invalid', `"${number}" is no number of "berth bin list"`)
    await purgeDeletion(registry, OPERATOR, Number(number))
    return 1
  }
  if (flags.all !== true && flags.project === undefined && flags.repository === undefined)
    throw new Problem('invalid', 'say what: a number of "berth bin list", --project, --repository or --all')
  const entries = await entriesOf(registry, flags)
  for (const { id } of entries) await purgeDeletion(registry, OPERATOR, id)
  return entries.length
}
