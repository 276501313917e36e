import type { Command } from 'commander'
import type { AdminClient } from '../../client/admin/admin-client.ts'
import { callOperation, pagesOf } from '../../client/admin/call-operation.ts'
import { type BodyOf, type RowOf, shapeOf } from '../../client/admin/operation.ts'
import { formatByteSize } from '../../lib/byte-size.ts'
import { UsageError } from '../exit-codes.ts'
import { print } from '../output.ts'
import { LISTED, printPreview } from '../print-preview.ts'
import { parseCount, text } from './choose.ts'
import { at, several, show } from './command.ts'
import { pathOfTag } from './images.ts'
import { printJson } from './render.ts'
import type { ApiCommand, Column, Flags, Said } from './spec.ts'

const everywhere = ({ repositories }: { readonly repositories?: string }) => repositories || 'all repositories'
const name = ({ words }: Said) => words[0] ?? ''

/** NAME or NAME:TAG. */
function scopeOf({ words }: Said): { readonly repository: string; readonly tag?: string } {
  const [image = ''] = words
  const colon = image.lastIndexOf(':')
  return colon > image.lastIndexOf('/')
    ? { repository: image.slice(0, colon), tag: image.slice(colon + 1) }
    : { repository: image }
}

async function rollBackTo({ flags }: Said): Promise<BodyOf<'rollBackTag'>> {
  const { targetOf } = await import('../history.ts')
  const target = targetOf(text(flags, 'to') ?? '')
  return 'digest' in target ? { to: target.digest } : { at: target.at.toISOString() }
}

type Restored = { readonly repository: string; readonly manifests: number; readonly tags: readonly string[] }

const restoredText = ({ repository, manifests, tags }: Restored) =>
  `Restored in ${repository}: manifests ${manifests}${tags.length === 0 ? '' : `, tags ${tags.join(', ')}`}.`

async function restore(client: AdminClient, said: Said): Promise<void> {
  if (!/^\d{1,15}$/.test(name(said))) {
    const answer = await callOperation(client, 'restoreTag', { path: pathOfTag(said), body: {} })
    return show(said, { say: () => `${name(said)} is ${answer.digest}.` }, answer)
  }
  const to = text(said.flags, 'to')
  const body = to === undefined ? {} : { to }
  const answer = await callOperation(client, 'restoreDeletion', { path: { deletion: name(said) }, body })
  const skipped = answer.skippedTags.map(
    ({ tag, digest }) =>
      `The tag ${tag} is there again, so it stays. To have what it named: berth roll-back ${answer.repository}:${tag} --to ${digest}`,
  )
  show(said, { say: () => [restoredText(answer), ...skipped].join('\n') }, answer)
}

function binScope({ project, repository, all }: Flags): { project?: string; repository?: string } {
  if (all !== true && project === undefined && repository === undefined)
    throw new UsageError('say what: a number of "berth bin list", --project, --repository or --all')
  return {
    ...(typeof project === 'string' ? { project } : {}),
    ...(typeof repository === 'string' ? { repository } : {}),
  }
}

async function empty(client: AdminClient, said: Said): Promise<void> {
  const numbers: (string | number)[] = [...said.words]
  if (numbers.length === 0) {
    const pages = pagesOf(client, shapeOf('listDeletions'), { query: binScope(said.flags) })
    for await (const page of pages) numbers.push(...(page as RowOf<'listDeletions'>[]).map(({ id }) => id))
  }
  for (const deletion of numbers) await callOperation(client, 'purgeDeletion', { path: { deletion } })
  print(`Emptied of deletions: ${numbers.length}. The collector removes them for good at its next run.`)
}

export const BIN_COMMANDS: readonly ApiCommand[] = [
  at('history', 'listHistory', {
    path: (said) => ({ repository: scopeOf(said).repository }),
    query: (said) => {
      const { tag } = scopeOf(said)
      return tag === undefined ? {} : { tag }
    },
    show: ['at', 'tag', ['NAMES', ({ digest }) => digest ?? '(nothing)'], 'actor', 'reason', 'manifest'],
  }),
  at('roll-back', 'rollBackTag', {
    path: pathOfTag,
    body: rollBackTo,
    say: (said, { digest, restored }) =>
      `${name(said)} is ${digest}${restored ? ', which was restored from the recycle bin' : ''}.`,
  }),
  at('bin list', 'listDeletions', {
    query: ({ flags }) => binScope({ ...flags, all: true }),
    show: ['id', 'repository', 'kind', 'manifests', 'deletedAt', 'actor', 'reason', 'restorableUntil'],
  }),
  at('bin show', 'getDeletion', {
    path: ['deletion'],
    define: (command) => command.description('Show a deletion, with the tags it took.').argument('<number>'),
  }),
  several('bin restore', ['restoreDeletion', 'restoreTag'], restore),
  several('bin empty', ['purgeDeletion', 'listDeletions'], empty),
]

async function retentionRule({ flags }: Said): Promise<BodyOf<'addRetentionRule'>> {
  const { ruleOf } = await import('../retention.ts')
  return ruleOf(flags) as BodyOf<'addRetentionRule'>
}

async function previewRetention(client: AdminClient, said: Said): Promise<void> {
  const { isRuleGiven } = await import('../retention.ts')
  const rules = isRuleGiven(said.flags) ? { rules: [await retentionRule(said)] } : {}
  const input = { path: { project: name(said) }, body: { ...rules, limit: LISTED } }
  const answer = await callOperation(client, 'previewRetention', input)
  if (said.flags.json === true) printJson(answer)
  else printPreview(answer)
}

export const RULE_COMMANDS: readonly ApiCommand[] = [
  at('retention list', 'listRetentionRules', {
    path: ['project'],
    show: ['id', ['FOR', everywhere], 'tags', 'keep', 'untagged'],
  }),
  at('retention add', 'addRetentionRule', {
    path: ['project'],
    body: async (said) => {
      const rule = await retentionRule(said)
      if (rule.keep !== undefined && Object.keys(rule.keep).length === 0 && said.flags.keepNone !== true)
        throw new UsageError('say what the rule keeps, or --keep-none when every selected tag is to go')
      return rule
    },
    say: (said, { id }) => `Rule ${id} was added. What it would remove: berth retention preview ${name(said)}`,
  }),
  at('retention remove', 'removeRetentionRule', {
    path: ['project', 'rule'],
    say: ({ words }) => `Rule ${words[1]} was removed.`,
  }),
  several('retention preview', ['previewRetention'], previewRetention),
  at('retention run', 'runRetention', {
    path: ['project'],
    isNo: ({ failed }) => failed.length > 0,
    say: (_, { items, failed }) =>
      [
        ...items.map(
          ({ repository, tags, manifests }) => `${repository}: ${tags} tags and ${manifests} manifests went.`,
        ),
        ...(items.length === 0 ? ['Nothing went.'] : []),
        ...failed.map((repository) => `It did not work in ${repository}.`),
      ].join('\n'),
  }),
  at('retention explain', 'explainTag', { path: pathOfTag }),
  several('retention expire', ['expireTag', 'keepTag'], async (client, said) => {
    const [image, date = ''] = said.words
    const path = pathOfTag(said)
    if (date === 'never') {
      await callOperation(client, 'keepTag', { path })
      return show(said, { say: () => `${image} has no expiry date.` }, undefined)
    }
    const at = new Date(date)
    if (Number.isNaN(at.getTime())) throw new UsageError(`"${date}" is not a date such as 2026-12-31, or "never"`)
    await callOperation(client, 'expireTag', { path, body: { at: at.toISOString() } })
    show(said, { say: () => `${image} goes at ${at.toISOString()}.` }, undefined)
  }),
  at('immutability list', 'listImmutabilityRules', {
    path: ['project'],
    show: ['id', 'tags', ['FOR', everywhere]] as readonly Column<RowOf<'listImmutabilityRules'>>[],
  }),
  at('immutability add', 'addImmutabilityRule', {
    path: ['project'],
    body: ({ words: [, tags = ''], flags }) => {
      const repositories = text(flags, 'repositories')
      return { tags, ...(repositories === undefined ? {} : { repositories }) }
    },
    say: ({ words: [project, tags] }, { id }) =>
      `Rule ${id}: the tags ${tags} in the project ${project} are set once from now on.`,
  }),
  at('immutability remove', 'removeImmutabilityRule', {
    path: ['project', 'rule'],
    say: ({ words }) => `The rule ${words[1]} was removed.`,
  }),
  at('protect list', 'listProtections', { path: ['project'], show: ['holder', 'images', 'until'] }),
  at('protect set', 'protectImages', {
    path: ['project', 'holder'],
    body: ({ lists: [images = []], flags }) => ({ images: [...images], for: Number(flags.for) }),
    isNo: ({ missing }) => missing.length > 0,
    say: ({ words: [project, holder] }, { images, until, missing }) =>
      [
        ...missing.map((image) => `${image} is not in the project ${project}`),
        images === 0
          ? `None of them was found: ${holder} keeps nothing in the project ${project}.`
          : `${holder} protects ${images} ${images === 1 ? 'image' : 'images'} until ${until}.`,
      ].join('\n'),
  }),
  at('protect remove', 'unprotectImages', {
    path: ['project', 'holder'],
    say: ({ words }) => `${words[1]} protects nothing in the project ${words[0]} any more.`,
  }),
]

interface Share {
  readonly limit?: number | undefined
  readonly used: number
}

function shareText({ limit, used }: Share, inWords: (n: number) => string = String): string {
  return limit === undefined ? inWords(used) : `${inWords(used)} of ${inWords(limit)}`
}

type Quota = RowOf<'listQuotas'>
const QUOTA: readonly Column<Quota>[] = [
  'project',
  ['BYTES', ({ bytes }) => shareText(bytes, formatByteSize)],
  ['REPOSITORIES', ({ repositories }) => shareText(repositories)],
  ['TAGS', ({ tags }) => shareText(tags)],
  ['NEARLY FULL', ({ warning }) => warning],
]

/** What is not said stays as it is: the API takes all of the limits at once. */
async function setQuota(client: AdminClient, said: Said): Promise<void> {
  const path = { project: name(said) }
  const before = await callOperation(client, 'getQuota', { path }).catch(ifMissing)
  const merged = (resource: 'bytes' | 'repositories' | 'tags') => {
    const wanted = said.flags[resource] ?? before?.[resource].limit
    return typeof wanted === 'number' ? { [resource]: wanted } : {}
  }
  const body = { ...merged('bytes'), ...merged('repositories'), ...merged('tags') }
  show<'getQuota'>(said, { show: QUOTA }, await callOperation(client, 'setQuota', { path, body }))
}

function ifMissing(error: unknown): undefined {
  if (error instanceof Error && 'kind' in error && error.kind === 'not-found') return undefined
  throw error
}

export const QUOTA_COMMANDS: readonly ApiCommand[] = [
  at('quota list', 'listQuotas', { show: QUOTA }),
  at('quota show', 'getQuota', { path: ['project'], show: QUOTA }),
  several('quota set', ['setQuota', 'getQuota'], setQuota),
  at('quota remove', 'removeQuota', {
    path: ['project'],
    say: (said) => `The project "${name(said)}" has no quota any more.`,
  }),
  at('project usage', 'getUsage', {
    path: ['project'],
    define: (command: Command) => command.description('Show how much a project holds.').argument('<project>'),
  }),
  at('project usage-history', 'listUsageHistory', {
    path: ['project'],
    query: ({ flags }) => (typeof flags.days === 'number' ? { days: flags.days } : {}),
    define: (command: Command) =>
      command
        .description('Show how much a project held, day by day.')
        .argument('<project>')
        .option('--days <n>', 'how far back (default 90)', parseCount),
  }),
]
