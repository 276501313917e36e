import type { Command } from 'commander'
import type { AdminClient } from '../../client/admin/admin-client.ts'
import { callOperation } from '../../client/admin/call-operation.ts'
import { UsageError } from '../exit-codes.ts'
import type { AnswerOf } from '../../client/admin/operation.ts'
import { print } from '../output.ts'
import { LISTED, printPreview } from '../print-preview.ts'
import { imageParts, text } from './choose.ts'
import { at, perform, several } from './command.ts'
import { printJson } from './render.ts'
import type { ApiCommand, Column, Said } from './spec.ts'

const REPOSITORY = ['name', 'bytes', 'uniqueBytes', 'updatedAt'] as const
const TAG = ['name', 'digest', 'imageBytes', 'platforms', 'pushedAt', 'pulledAt'] as const

type Image = AnswerOf<'getImage'>
const IMAGE = [
  ...['digest', 'kind', 'mediaType', 'artifactType', 'totalBytes', 'tags', 'pushedAt'],
  ['PLATFORMS', ({ platforms, config }: Image) => platforms?.map(({ platform }) => platform) ?? config?.platform],
  ['CREATED AT', ({ config }: Image) => config?.created],
  ['LAYERS', ({ layers }: Image) => layers?.filter(({ empty }) => !empty).length],
  ['LABELS', ({ config }: Image) => config?.labels],
  ['ANNOTATIONS', ({ annotations }: Image) => annotations],
] as readonly Column<Image>[]

const name = ({ words }: Said) => words[0] ?? ''

const sorted = (orders: string) => (command: Command) =>
  command
    .option('--sort <order>', `by ${orders}; with "-" before it the other way round`)
    .option('--contains <text>', 'whose names have this in them')

export function pathOfImage({ words }: Said): { repository: string; reference: string } {
  return imageParts(words[0] ?? '')
}

export function pathOfTag(said: Said): { repository: string; tag: string } {
  const { repository, reference } = pathOfImage(said)
  if (reference.includes(':')) throw new UsageError(`"${name(said)}" is no tag: say NAME:TAG`)
  return { repository, tag: reference }
}

/** --preview of a deletion. */
async function preview(
  client: AdminClient,
  { flags }: Said,
  repository: string,
  what: { readonly all?: boolean; readonly tags?: string[]; readonly digests?: string[] },
): Promise<void> {
  const body = { ...what, ...(what.all === true ? {} : { limit: LISTED }) }
  const answer = await callOperation(client, 'previewDelete', { path: { repository }, body })
  if (flags.json === true) printJson(answer)
  else printPreview(answer)
}

async function promoteTo(client: AdminClient, said: Said, destination: string): Promise<void> {
  if (destination.includes('@')) throw new UsageError(`"${destination}": an image is promoted to NAME:TAG`)
  const hasTag = destination.lastIndexOf(':') > destination.lastIndexOf('/')
  const { repository, reference } = hasTag ? imageParts(destination) : { repository: destination, reference: undefined }
  const body = {
    from: name(said),
    ...(reference === undefined ? {} : { tags: [reference] }),
    ...(said.flags.referrers === false ? { referrers: false } : {}),
  }
  const answer = await callOperation(client, 'promote', { path: { repository }, body })
  if (said.flags.json === true) printJson(answer)
  else print(`${destination} is ${answer.digest} (new there: manifests ${answer.manifests}, blobs ${answer.blobs}).`)
}

export const REPOSITORY_COMMANDS: readonly ApiCommand[] = [
  at('repository list', 'listRepositories', {
    path: [],
    query: ({ words: [project], flags }) => ({
      ...(project === undefined ? {} : { project }),
      ...queryOf(flags),
    }),
    show: REPOSITORY,
    extend: sorted('name or updated'),
  }),
  several('repository show', ['getRepository', 'listTags'], async (client, said) => {
    await perform(client, said, { operation: 'getRepository', spec: { path: ['repository'] } })
    if (said.flags.json === true) return
    print('')
    await perform(client, said, { operation: 'listTags', spec: { path: ['repository'], show: TAG } })
  }),
  at('repository usage', 'getRepositoryUsage', {
    path: ['repository'],
    define: (command) =>
      command.description('Show what a repository holds, and what it alone does.').argument('<name>'),
  }),
  several('repository delete', ['deleteRepository', 'previewDelete'], async (client, said) => {
    if (said.flags.preview === true) return preview(client, said, name(said), { all: true })
    const spec = {
      path: ['repository'],
      say: (_: Said, { deletion, restorableUntil }: { deletion: number; restorableUntil: string }) =>
        `${name(said)} was deleted. Until ${restorableUntil} it can be restored: berth bin restore ${deletion}`,
    }
    return perform(client, said, { operation: 'deleteRepository', spec })
  }),
  at('tag list', 'listTags', {
    path: ['repository'],
    query: ({ flags }) => queryOf(flags),
    show: TAG,
    extend: sorted('name or pushed'),
  }),
  at('tag show', 'getTag', {
    path: pathOfTag,
    define: (command) => command.description('Show a tag (NAME:TAG).').argument('<image>'),
  }),
  at('tag set', 'setTag', {
    path: ['repository', 'tag'],
    body: ({ words: [, , from = ''] }) => ({ from }),
    say: ({ words }, { digest }) => `${words[0]}:${words[1]} is ${digest}.`,
  }),
  several('tag delete', ['deleteTag', 'previewDelete'], async (client, said) => {
    const { repository, tag } = pathOfTag(said)
    if (said.flags.preview === true) return preview(client, said, repository, { tags: [tag] })
    const say = () => `${name(said)} was deleted. To have it back: berth bin restore ${name(said)}`
    return perform(client, said, { operation: 'deleteTag', spec: { path: pathOfTag, say } })
  }),
  several('promote', ['promote'], async (client, said) => {
    for (const destination of said.lists[0] ?? []) await promoteTo(client, said, destination)
  }),
  at('image show', 'getImage', {
    path: pathOfImage,
    show: IMAGE,
    define: (command) => command.description('Show an image (NAME:TAG or NAME@DIGEST).').argument('<image>'),
  }),
  several('image delete', ['deleteImage', 'previewDelete'], async (client, said) => {
    const { repository, reference } = pathOfImage(said)
    if (said.flags.preview === true) return preview(client, said, repository, { digests: [reference] })
    const say = (_: Said, { deletion, restorableUntil }: { deletion: number; restorableUntil: string }) =>
      `${name(said)} was deleted. Until ${restorableUntil} it can be restored: berth bin restore ${deletion}`
    return perform(client, said, { operation: 'deleteImage', spec: { path: pathOfImage, say } })
  }),
  at('image referrers', 'listReferrers', {
    path: pathOfImage,
    define: (command) =>
      command.description('List signatures, attestations and the like of an image.').argument('<image>'),
  }),
]

function queryOf(flags: Said['flags']) {
  const [sort, q] = [text(flags, 'sort'), text(flags, 'contains')]
  return { ...(sort === undefined ? {} : { sort: sort as 'name' }), ...(q === undefined ? {} : { q }) }
}
