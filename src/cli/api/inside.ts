import type { Command } from 'commander'
import type { AdminClient } from '../../client/admin/admin-client.ts'
import { bytesOf } from '../../client/admin/call-operation.ts'
import { type AnswerOf, type RowOf, shapeOf } from '../../client/admin/operation.ts'
import { ApiRefusal } from '../../client/admin/refusal.ts'
import { formatByteSize } from '../../lib/byte-size.ts'
import { UsageError } from '../exit-codes.ts'
import { imageParts, text } from './choose.ts'
import { several } from './command.ts'
import { COMPARE_COMMAND } from './compare.ts'
import { answersOf, sayIncomplete } from './listing.ts'
import { printJson, printRows } from './render.ts'
import type { ApiCommand, Column, Said } from './spec.ts'

type Entry = RowOf<'listFiles'>

const withImage = (command: Command) =>
  command
    .option('--layer <digest>', 'only this layer of it, as it is')
    .option('--platform <platform>', 'of an index: which of its images, for example linux/arm64')

function imageOf({ words: [image = ''] }: Said) {
  return imageParts(image)
}

function placeOf({ flags }: Said) {
  const [layer, platform] = [text(flags, 'layer'), text(flags, 'platform')]
  return { ...(layer !== undefined && { layer }), ...(platform !== undefined && { platform }) }
}

const LETTERS: Readonly<Record<Entry['type'], string>> = {
  ...{ file: '-', folder: 'd', link: 'l', other: '?', removed: 'x', opaque: 'x' },
}

/** As `ls -l` writes it: `-rwsr-xr-x`. */
export function modeText({ type, mode }: Pick<Entry, 'type' | 'mode'>): string {
  const bits = [6, 3, 0].map((shift, index) => {
    const [read, write, run] = [4, 2, 1].map((bit) => ((mode >> shift) & bit) !== 0)
    const isSpecial = (mode & (0o4000 >> index)) !== 0
    const letter = index === 2 ? 't' : 's'
    const last = isSpecial ? (run ? letter : letter.toUpperCase()) : run ? 'x' : '-'
    return `${read ? 'r' : '-'}${write ? 'w' : '-'}${last}`
  })
  return `${LETTERS[type]}${bits.join('')}`
}

function nameText({ path, type, link }: Entry): string {
  if (type === 'folder') return `/${path}/`
  return link === undefined ? `/${path}` : `/${path} -> ${link}`
}

/** Text may have these. */
const HARMLESS = new Set([0x09, 0x0a, 0x0d])

export function couldSteer(bytes: Uint8Array): boolean {
  // The second range of control characters is written in two bytes, of which the first is this one.
  return bytes.some(
    (byte, index) =>
      (byte < 0x20 && !HARMLESS.has(byte)) || byte === 0x7f || (byte === 0xc2 && isHigh(bytes[index + 1])),
  )
}

function isHigh(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte <= 0x9f
}

async function printFile(client: AdminClient, said: Said): Promise<void> {
  const { words, flags } = said
  const query = { path: words[1] ?? '', ...placeOf(said) }
  const bytes = await bytesOf(client, shapeOf('readFile'), { path: imageOf(said), query })
  if (process.stdout.isTTY && flags.raw !== true && couldSteer(bytes))
    throw new UsageError(
      'the file has control characters, which can steer a terminal: say --raw, or write it to a file',
    )
  process.stdout.write(bytes)
}

const COLUMNS: readonly Column<Entry>[] = [
  ['MODE', modeText],
  ['OWNER', ({ uid, gid }) => `${uid ?? '?'}:${gid ?? '?'}`],
  ['SIZE', ({ sizeBytes }) => formatByteSize(sizeBytes)],
  ['MODIFIED', ({ modified }) => modified?.slice(0, 19).replace('T', ' ')],
  ['PATH', nameText],
]

async function listFiles(client: AdminClient, said: Said): Promise<void> {
  const { words, flags } = said
  const [image = '', path = '/'] = words
  const q = text(flags, 'find')
  const input = { path: imageOf(said), query: { path, ...placeOf(said), ...(q !== undefined && { q }) } }
  const limit = typeof flags.limit === 'number' ? flags.limit : undefined
  const items: Entry[] = []
  let first: AnswerOf<'listFiles'> | undefined
  for await (const answer of answersOf(client, 'listFiles', input, limit)) {
    first ??= answer
    items.push(...answer.items)
  }
  if (first === undefined) return
  const { state, reasons, entry } = first
  if (flags.json === true) printJson({ state, reasons, ...(entry && { entry }), items })
  else printRows(entry === undefined || entry.type === 'folder' ? items : [entry], COLUMNS as readonly Column<never>[])
  sayIncomplete(`${image}: files may be missing`, first)
  if (q !== undefined || entry !== undefined || items.length > 0) return
  const sentence = `${image} has nothing at ${path}`
  throw state === 'complete' ? new ApiRefusal(404, sentence) : new Error(sentence)
}

export const INSIDE_COMMANDS: readonly ApiCommand[] = [
  several('files', ['listFiles'], listFiles, {
    define: (command) =>
      withImage(
        command
          .description('List a folder of an image (NAME:TAG), or find files in it.')
          .argument('<image>')
          .argument('[path]', 'a folder, or a file; the root when not said')
          .option('--find <text>', 'instead: every file whose path has this'),
      ),
  }),
  several('cat', ['readFile'], printFile, {
    define: (command) =>
      withImage(
        command
          .description('Print a file of an image (NAME:TAG).')
          .argument('<image>')
          .argument('<path>')
          .option('--raw', 'also to a terminal when it has control characters'),
      ),
  }),
  COMPARE_COMMAND,
]
