import type { AdminClient } from '../../client/admin/admin-client.ts'
import { callOperation } from '../../client/admin/call-operation.ts'
import type { AnswerOf, RowOf } from '../../client/admin/operation.ts'
import { formatByteSize } from '../../lib/byte-size.ts'
import { UsageError } from '../exit-codes.ts'
import { print, printable, printTable } from '../output.ts'
import { imageParts, text } from './choose.ts'
import { several } from './command.ts'
import { answersOf, sayIncomplete } from './listing.ts'
import { printJson } from './render.ts'
import type { ApiCommand, Said } from './spec.ts'

type Comparison = AnswerOf<'compareImages'>
type Packages = NonNullable<Comparison['packages']>
type Findings = NonNullable<Comparison['vulnerabilities']>

export const COMPARE_COMMAND: ApiCommand = several('compare', ['compareImages', 'compareFiles'], compare, {
  define: (command) =>
    command
      .description('What changed from one image (NAME:TAG) to another, of the same repository or not.')
      .argument('<from>')
      .argument('<to>', 'NAME:TAG, or only :TAG of the same repository')
      .option('--files', 'each file that came, went or changed')
      .option('--packages', 'only packages')
      .option('--settings', 'only environment, entrypoint, labels and the like')
      .option('--path <folder>', 'with --files: only below this folder')
      .option('--find <text>', 'with --files: only paths that have this')
      .option('--platform <platform>', 'of indexes: which of their images, for example linux/arm64'),
})

async function compare(client: AdminClient, said: Said): Promise<void> {
  const { flags, words } = said
  if (['files', 'packages', 'settings'].filter((name) => flags[name] === true).length > 1)
    throw new UsageError('say one of --files, --packages and --settings')
  const input = imagesOf(words[0] ?? '', words[1] ?? '', text(flags, 'platform'))
  if (flags.files === true) return compareFiles(client, said, input)
  const answer = await callOperation(client, 'compareImages', input)
  if (flags.json === true) printJson(answer)
  else printAnswer(answer, flags)
  if (flags.settings === true) return
  sayPackagesIncomplete(answer)
  if (flags.packages !== true && answer.files !== undefined) sayFilesIncomplete(answer.files)
}

function printAnswer(answer: Comparison, flags: Said['flags']): void {
  if (flags.packages !== true) printSettings(answer)
  if (flags.settings === true) return
  printPackages(answer.packages)
  if (flags.packages === true) return
  printTotals(answer)
  printFindings(answer.vulnerabilities)
}

/** What is of no kind that is understood has no packages to miss. */
function sayPackagesIncomplete({ before, after, packages }: Comparison): void {
  if (packages === undefined) return
  for (const [which, image] of [
    ['first', before],
    ['second', after],
  ] as const)
    if (image.state !== 'unsupported') sayIncomplete(`packages of the ${which} image may be missing`, image)
}

function sayFilesIncomplete({ before, after }: Pick<AnswerOf<'compareFiles'>, 'before' | 'after'>): void {
  sayIncomplete('files of the first image may be missing', before)
  sayIncomplete('files of the second image may be missing', after)
}

function imagesOf(first: string, second: string, platform: string | undefined) {
  const from = imageParts(first)
  const to = imageParts(second.startsWith(':') || second.startsWith('@') ? `${from.repository}${second}` : second)
  return {
    path: { repository: from.repository },
    query: {
      ...{ from: from.reference, to: to.reference },
      ...(to.repository !== from.repository && { with: to.repository }),
      ...(platform !== undefined && { platform }),
    },
  }
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const

async function compareFiles(client: AdminClient, { flags }: Said, input: ReturnType<typeof imagesOf>): Promise<void> {
  const [path, q] = [text(flags, 'path'), text(flags, 'find')]
  const query = { ...input.query, ...(path !== undefined && { path }), ...(q !== undefined && { q }) }
  const limit = typeof flags.limit === 'number' ? flags.limit : undefined
  const items: RowOf<'compareFiles'>[] = []
  let first: AnswerOf<'compareFiles'> | undefined
  for await (const answer of answersOf(client, 'compareFiles', { ...input, query }, limit)) {
    first ??= answer
    if (flags.json === true) items.push(...answer.items)
    else printTable(answer.items.map(fileRow))
  }
  if (first === undefined) return
  const { before, after } = first
  if (flags.json === true) printJson({ before, after, items })
  sayFilesIncomplete(first)
}

function fileRow({ path, change, before, after }: RowOf<'compareFiles'>): string[] {
  return [SIGNS[change], `/${path}`, whatChanged(before, after)]
}

type FileState = RowOf<'compareFiles'>['before']

function whatChanged(before: FileState, after: FileState): string {
  if (before === undefined || after === undefined) return formatByteSize((before ?? after)?.sizeBytes ?? 0)
  const said = [
    [before.kind, after.kind],
    [formatByteSize(before.sizeBytes), formatByteSize(after.sizeBytes)],
    [before.mode.toString(8), after.mode.toString(8)],
    [`${before.uid ?? '?'}:${before.gid ?? '?'}`, `${after.uid ?? '?'}:${after.gid ?? '?'}`],
    [before.link, after.link],
  ].flatMap(([was, is]) => (was === is ? [] : [`${was ?? ''} → ${is ?? ''}`]))
  return said.length === 0 ? 'content' : said.join(', ')
}

function printSettings({ configuration }: Comparison): void {
  for (const { name, before = '', after = '' } of configuration) print(printable(`${name}: ${before} → ${after}`))
}

function printPackages(packages: Packages | undefined): void {
  if (packages === undefined) print('Packages are not compared: nobody looked into both images yet.')
  else printChanges(packages)
}

function printChanges(packages: Packages): void {
  printTable([
    ...packages.added.map(({ name, version }) => ['+', name, version]),
    ...packages.removed.map(({ name, version }) => ['-', name, version]),
    ...packages.changed.map(({ name, before, after }) => ['~', name, `${before} → ${after}`]),
  ])
  const { added, removed, changed } = packages.counts
  print(`Packages: ${added} added, ${removed} removed, ${changed} changed.`)
}

function printTotals({ before, after, layers, files }: Comparison): void {
  const { common, added } = layers
  print(
    `Layers: ${common.count} in both, ${added.count} new ones of ${formatByteSize(added.bytes)}; ${formatByteSize(before.sizeBytes)} → ${formatByteSize(after.sizeBytes)}.`,
  )
  if (files === undefined) print('Files are not compared: not each layer was read yet; --files reads them.')
  else
    print(
      `Files: ${files.added.count} added, ${files.removed.count} removed, ${files.changed.count} changed; ${formatByteSize(files.bytesBefore)} → ${formatByteSize(files.bytesAfter)}.`,
    )
}

function printFindings(found: Findings | undefined): void {
  if (found === undefined) {
    print('Vulnerabilities are not compared: there are no reports of both images.')
    return
  }
  print(`Vulnerabilities: ${found.counts.introduced} introduced, ${found.counts.fixed} fixed.`)
  printTrust('first', found.before)
  printTrust('second', found.after)
}

/** Numbers of what was not looked into whole are no news, good or bad: said beside them. */
function printTrust(which: string, { state, reasons }: Findings['before']): void {
  if (state === 'complete') return
  print(printable(`The ${which} image's report is ${state}${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}.`))
}
