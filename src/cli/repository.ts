import type { Command } from 'commander'
import { findBinEntry } from '../metadata/bin-list.ts'
import { findRepository } from '../metadata/repositories.ts'
import {
  findRepositorySummary,
  listRepositorySummaries,
  listTagSummaries,
  type RepositoryQuery,
  type TagQuery,
  type RepositorySummary,
} from '../metadata/repository-details.ts'
import { findDeletedManifest } from '../metadata/what-was-deleted.ts'
import { OPERATOR } from '../lib/actor.ts'
import { Problem } from '../lib/problem.ts'
import { formatByteSize } from '../lib/byte-size.ts'
import { isDigest } from '../oci/digest.ts'
import { parseRepositoryName, parseTag } from '../oci/name.ts'
import { deleteManifest, deleteRepository } from '../registry/delete-content.ts'
import { parseImageReference, splitImageReference } from '../registry/image-reference.ts'
import { promote } from '../registry/promote.ts'
import type { Registry } from '../registry/registry.ts'
import { retag } from '../registry/retag.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { withRegistry } from './offline.ts'
import { print, printTable } from './output.ts'
import { previewOf } from './preview.ts'
import { printPreview } from './print-preview.ts'

const PREVIEW = 'delete nothing: show what would go with it, and the bytes freed'

async function showPreview(flags: Flags, name: string, reference: string | undefined): Promise<void> {
  printPreview(await withRegistry(await offlineOf(flags), (registry) => previewOf(registry, name, reference)))
}

/** The reader is asked for so many rows at a time. */
const PAGE = 1000

export function addRepositoryCommands(program: Command): void {
  addRepository(program)
  addTag(program)
  addImage(program)
  withConfig(
    program
      .command('promote <source> <destinations...>')
      .description(
        'Copy an image (NAME:TAG or NAME@DIGEST) to other repositories of this registry (NAME or NAME:TAG).',
      ),
  )
    .option('--no-referrers', 'leave out its signatures, attestations and the like')
    .action(async (source: string, destinations: string[], flags: Flags) =>
      withRegistry(await offlineOf(flags), async (registry) => {
        for (const destination of destinations)
          await promoteTo(registry, source, destination, flags.referrers !== false)
      }),
    )
}

async function promoteTo(registry: Registry, source: string, destination: string, referrers: boolean): Promise<void> {
  const { name, reference } = parseImageReference(source)
  const { name: target, reference: tag } = splitImageReference(destination)
  if (destination.includes('@')) throw new Problem('invalid', `"${destination}": an image is promoted to NAME:TAG`)
  const tags = tag === undefined ? (isDigest(reference) ? [] : [parseTag(reference)]) : [parseTag(tag)]
  const { digest, manifests, blobs } = await promote(registry, {
    from: { repository: parseRepositoryName(name), reference },
    to: parseRepositoryName(target),
    ...{ tags, referrers, actor: OPERATOR, overwriteRefusal: undefined },
  })
  const named = tags.map((each) => `${target}:${each}`).join(', ')
  print(`${named === '' ? target : named} is ${digest} (new there: manifests ${manifests}, blobs ${blobs}).`)
}

function addRepository(program: Command): void {
  const repository = program.command('repository').description('Look at repositories, and delete them.')
  withConfig(
    repository.command('list [project]').description('List the repositories, of everything or below a name.'),
  ).action(async (below: string | undefined, flags: Flags) => {
    const rows = await withRegistry(await offlineOf(flags), (registry) => repositoryRows(registry, below))
    printTable([['NAME', 'BYTES', 'ITS ALONE', 'CHANGED'], ...rows])
  })
  withConfig(repository.command('show <name>').description('Show how much a repository holds, and its tags.')).action(
    async (name: string, flags: Flags) => {
      const rows = await withRegistry(await offlineOf(flags), async (registry) => {
        const found = await findRepositorySummary(registry.database.reader, parseRepositoryName(name))
        if (found === undefined) throw noRepository(name)
        return { found: toRow(found), tags: await tagRows(registry, name) }
      })
      printTable([['NAME', 'BYTES', 'ITS ALONE', 'CHANGED'], rows.found])
      print('')
      printTable([TAG_TITLES, ...rows.tags])
    },
  )
  withConfig(
    repository
      .command('delete <name>')
      .description(
        'Delete a repository with all that is in it; it can be restored for as long as recycleBin.keep says.',
      ),
  )
    .option('--preview', PREVIEW)
    .action(async (name: string, flags: Flags) => {
      if (flags.preview === true) return showPreview(flags, name, undefined)
      const entry = await withRegistry(await offlineOf(flags), async (registry) => {
        const place = { repository: parseRepositoryName(name), actor: OPERATOR }
        return findBinEntry(registry.database.reader, await deleteRepository(registry, place, 'by a command'))
      })
      print(
        `${name} was deleted. Until ${entry?.purgeAt.toISOString()} it can be restored: berth bin restore ${entry?.id}`,
      )
    })
}

async function repositoryRows({ database }: Registry, below: string | undefined): Promise<string[][]> {
  const rows: string[][] = []
  for (let after: RepositoryQuery['after']; ;) {
    const asked = { ...{ below, after, contains: '', limit: PAGE }, sort: 'name' } as const
    const page = await listRepositorySummaries(database.reader, asked)
    rows.push(...page.map(toRow))
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return rows
    after = { name: last.name, updatedAt: last.updatedAt.getTime() }
  }
}

function toRow({ name, bytes, uniqueBytes, updatedAt }: RepositorySummary): string[] {
  return [name, formatByteSize(bytes), formatByteSize(uniqueBytes), updatedAt.toISOString()]
}

const TAG_TITLES = ['TAG', 'DIGEST', 'BYTES', 'PUSHED', 'PULLED']

async function tagRows({ database }: Registry, name: string): Promise<string[][]> {
  const id = await findRepository(database.reader, parseRepositoryName(name))
  if (id === undefined) throw noRepository(name)
  const rows: string[][] = []
  for (let after: TagQuery['after']; ;) {
    const page = await listTagSummaries(database.reader, id, { sort: 'name', contains: '', after, limit: PAGE })
    for (const { name: tag, digest, imageBytes, pushedAt, pulledAt } of page)
      rows.push([
        ...[tag, digest, imageBytes === undefined ? 'index' : formatByteSize(imageBytes)],
        ...[pushedAt.toISOString(), pulledAt?.toISOString() ?? 'never'],
      ])
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return rows
    after = { name: last.name, pushedAt: last.pushedAt.getTime() }
  }
}

function noRepository(name: string): Problem {
  return new Problem('not-found', `there is no repository "${name}"`)
}

function addTag(program: Command): void {
  const tag = program.command('tag').description('Look at tags, set and delete them.')
  withConfig(tag.command('list <repository>').description('List the tags of a repository.')).action(
    async (name: string, flags: Flags) => {
      const rows = await withRegistry(await offlineOf(flags), (registry) => tagRows(registry, name))
      printTable([TAG_TITLES, ...rows])
    },
  )
  withConfig(
    tag
      .command('set <repository> <tag> <from>')
      .description('Set a tag to what another tag names, or to a digest, of the same repository.'),
  ).action(async (name: string, text: string, from: string, flags: Flags) => {
    const digest = await withRegistry(await offlineOf(flags), (registry) =>
      retag(
        registry,
        { repository: parseRepositoryName(name), actor: OPERATOR },
        { tags: [parseTag(text)], from, reason: 'set', refusals: {} },
      ),
    )
    print(`${name}:${text} is ${digest}.`)
  })
  withConfig(
    tag
      .command('delete <image>')
      .description('Delete a tag (NAME:TAG); what it named stays for as long as gc.untagged says.'),
  )
    .option('--preview', PREVIEW)
    .action(async (image: string, flags: Flags) => {
      const { name, reference } = parseImageReference(image)
      if (isDigest(reference)) throw new Problem('invalid', `"${image}" is no tag: berth image delete ${image}`)
      if (flags.preview === true) return showPreview(flags, name, reference)
      await withRegistry(await offlineOf(flags), (registry) =>
        deleteManifest(registry, { repository: parseRepositoryName(name), actor: OPERATOR }, parseTag(reference)),
      )
      print(`${image} was deleted. To have it back: berth bin restore ${image}`)
    })
}

function addImage(program: Command): void {
  const image = program.command('image').description('Delete images by their digest.')
  withConfig(
    image
      .command('delete <image>')
      .description(
        'Delete an image (NAME@DIGEST) with all its tags; it can be restored for as long as recycleBin.keep says.',
      ),
  )
    .option('--preview', PREVIEW)
    .action(async (text: string, flags: Flags) => {
      const { name, reference } = parseImageReference(text)
      if (!isDigest(reference))
        throw new Problem(
          'invalid',
          `"${text}" is not NAME@DIGEST; the tag alone is deleted by: berth tag delete ${text}`,
        )
      if (flags.preview === true) return showPreview(flags, name, reference)
      const repository = parseRepositoryName(name)
      const deleted = await withRegistry(await offlineOf(flags), async (registry) => {
        await deleteManifest(registry, { repository, actor: OPERATOR }, reference)
        return findDeletedManifest(registry.database.reader, repository, reference)
      })
      print(
        `${text} was deleted. Until ${deleted?.restorableUntil?.toISOString()} it can be restored: berth bin restore ${deleted?.deletion}`,
      )
    })
}
