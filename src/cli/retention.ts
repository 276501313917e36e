import type { Command } from 'commander'
import { Problem } from '../lib/problem.ts'
import type { ExpirySource } from '../metadata/tag-expiry.ts'
import { parseRepositoryName } from '../oci/name.ts'
import { OPERATOR } from '../lib/actor.ts'
import { applyRules } from '../retention/apply.ts'
import { expireTag } from '../retention/expiry.ts'
import { type Explanation, explainTag } from '../retention/explain.ts'
import { addRule, removeRule } from '../retention/manage-rules.ts'
import { previewRules } from '../retention/preview.ts'
import { describeRule, parseRule, type Rule, type RuleInput, ruleSchema } from '../retention/rule.ts'
import { listRules } from '../retention/store.ts'
import { type Flags, offlineOf, parseNumber, withConfig } from './flags.ts'
import { BY_OPERATOR, withManagement, withRegistry } from './offline.ts'
import { print, printTable } from './output.ts'
import { LISTED, printPreview } from './print-preview.ts'
import { projectNamed } from './project.ts'

export interface RuleFlags extends Flags {
  readonly repositories?: string
  readonly tags?: string
  readonly lastPushed?: string
  readonly lastPulled?: string
  readonly pushedWithin?: string
  readonly pulledWithin?: string
  readonly untagged?: string
}

function withRuleFlags(command: Command): Command {
  return withConfig(command)
    .option('--repositories <pattern>', 'only repositories whose names below the project match')
    .option('--tags <selector>', 'which tags: a glob, regex:RE2, semver:RANGE, "!" before it for all others')
    .option('--last-pushed <n>', 'keep so many of them, those pushed last')
    .option('--last-pulled <n>', 'keep so many of them, those pulled last')
    .option('--pushed-within <time>', 'keep those pushed in this time, for example 30d')
    .option('--pulled-within <time>', 'keep those pulled in this time')
    .option('--untagged <time|never>', 'after which manifests without a name go there, instead of gc.untagged')
}

export function isRuleGiven({
  repositories,
  tags,
  lastPushed,
  lastPulled,
  pushedWithin,
  pulledWithin,
  untagged,
}: RuleFlags) {
  return [repositories, tags, lastPushed, lastPulled, pushedWithin, pulledWithin, untagged].some(
    (flag) => flag !== undefined,
  )
}

/** @throws Problem */
export function ruleOf(flags: RuleFlags): RuleInput {
  const { repositories, tags, lastPushed, lastPulled, pushedWithin, pulledWithin, untagged } = flags
  const keep = {
    ...(lastPushed === undefined ? {} : { lastPushed: Number(lastPushed) }),
    ...(lastPulled === undefined ? {} : { lastPulled: Number(lastPulled) }),
    ...(pushedWithin === undefined ? {} : { pushedWithin }),
    ...(pulledWithin === undefined ? {} : { pulledWithin }),
  }
  if (tags === undefined && Object.keys(keep).length > 0)
    throw new Problem('invalid', 'say with --tags which tags the rule is about; --tags "*" is all of them')
  const rule = {
    ...(repositories === undefined ? {} : { repositories }),
    ...(tags === undefined ? {} : { tags, keep }),
    ...(untagged === undefined ? {} : { untagged }),
  }
  const parsed = ruleSchema.safeParse(rule)
  if (parsed.success) return rule as RuleInput
  const [issue] = parsed.error.issues
  throw new Problem('invalid', `${issue?.path.join('.')} ${issue?.message}`)
}

export function addRetentionCommands(program: Command): void {
  const retention = program.command('retention').description('Say which tags go by themselves, and see why.')
  addRuleCommands(retention)
  withRuleFlags(
    retention
      .command('preview <project>')
      .description('What the rules of a project, or the one given here, would remove now, and the bytes freed.'),
  ).action(async (name: string, flags: RuleFlags) => {
    printPreview(
      await withRegistry(await offlineOf(flags), async (registry, m) => {
        const project = await projectNamed(m, name)
        const given = isRuleGiven(flags) ? [await parseRule(ruleOf(flags))] : undefined
        return previewRules(registry, project, given ?? (await listRules(m.database.reader, project.id)), {
          limit: LISTED,
        })
      }),
    )
  })
  withConfig(retention.command('run <project>').description('Apply the rules of a project now.')).action(
    async (name: string, flags: Flags) => {
      const failed: string[] = []
      const applied = await withRegistry(await offlineOf(flags), async (registry, m) => {
        const project = await projectNamed(m, name)
        const onFailure = (repository: string, error: unknown) =>
          void failed.push(`${repository}: ${error instanceof Error ? error.message : error}`)
        return applyRules(registry, project, await listRules(m.database.reader, project.id), {
          actor: OPERATOR,
          onFailure,
        })
      })
      for (const { repository, tags, manifests, deletion } of applied)
        print(`${repository}: ${tags} tags and ${manifests} manifests went (deletion ${deletion}).`)
      if (applied.length === 0) print('Nothing went.')
      if (failed.length > 0) throw new Error(`it did not work everywhere: ${failed.join('; ')}`)
    },
  )
  addTagCommands(retention)
}

function addRuleCommands(retention: Command): void {
  withConfig(retention.command('list <project>').description('List the rules of a project.')).action(
    async (name: string, flags: Flags) => {
      const rules = await withManagement(await offlineOf(flags), async (m) =>
        listRules(m.database.reader, (await projectNamed(m, name)).id),
      )
      printTable(rules.map((rule) => [String(rule.id), ...columnsOf(rule)]))
    },
  )
  withRuleFlags(
    retention
      .command('add <project>')
      .description('Add a rule. A tag goes when a rule selects it and none that selects it keeps it.'),
  )
    .option('--keep-none', 'remove every selected tag that no other rule keeps')
    .action(async (name: string, flags: RuleFlags) => {
      const input = ruleOf(flags)
      if (input.keep !== undefined && Object.keys(input.keep).length === 0 && flags.keepNone !== true)
        throw new Problem('invalid', 'say what the rule keeps, or --keep-none when every selected tag is to go')
      const rule = await withManagement(await offlineOf(flags), async (m) =>
        addRule(m, BY_OPERATOR, await projectNamed(m, name), input),
      )
      print(`Rule ${rule.id} was added. What it would remove: berth retention preview ${name}`)
    })
  withConfig(
    retention
      .command('remove <project> <number>')
      .description('Remove a rule; "berth retention list" has the numbers.'),
  ).action(async (name: string, number: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), async (m) =>
      removeRule(m, BY_OPERATOR, await projectNamed(m, name), parseNumber(number)),
    )
    print(`Rule ${number} was removed.`)
  })
}

function addTagCommands(retention: Command): void {
  withConfig(retention.command('explain <image>').description('Why REPOSITORY:TAG stays or goes, and when.')).action(
    async (image: string, flags: Flags) => {
      const { repository, tag } = parseImage(image)
      const found = await withRegistry(await offlineOf(flags), (registry) => explainTag(registry, repository, tag))
      for (const line of describeExplanation(found)) print(line)
    },
  )
  withConfig(
    retention
      .command('expire <image> <date>')
      .description('Say when REPOSITORY:TAG goes by itself, for example 2026-12-31; "never" takes the date back.'),
  ).action(async (image: string, text: string, flags: Flags) => {
    const { repository, tag } = parseImage(image)
    const at = text === 'never' ? undefined : parseDate(text)
    const keptBy = await withRegistry(await offlineOf(flags), async (registry) => {
      await expireTag(registry, { repository, tag, actor: OPERATOR }, at)
      return (await explainTag(registry, repository, tag)).keptBy
    })
    print(at === undefined ? `${image} has no expiry date.` : `${image} goes at ${at.toISOString()}.`)
    if (at !== undefined && keptBy !== undefined) print(`But it stays as long as it is ${keptBy}.`)
  })
}

/** @throws OciError or Problem */
function parseImage(text: string) {
  const colon = text.lastIndexOf(':')
  if (colon <= 0) throw new Problem('invalid', `"${text}" is not REPOSITORY:TAG`)
  return { repository: parseRepositoryName(text.slice(0, colon)), tag: text.slice(colon + 1) }
}

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** A day alone begins in UTC. @throws Problem */
function parseDate(text: string): Date {
  const date = new Date(text)
  if (DATE.test(text) && !Number.isNaN(date.getTime())) return date
  throw new Problem('invalid', `"${text}" is neither a date such as 2026-12-31 or 2026-12-31T08:00Z, nor "never"`)
}

function columnsOf(rule: Rule): string[] {
  const { repositories, tags, keep = {}, untagged } = describeRule(rule)
  const conditions = Object.entries(keep).map(([condition, value]) => `${condition} ${value}`)
  return [
    repositories === '' ? 'all repositories' : (repositories ?? ''),
    tags === undefined ? 'no tags' : `tags ${tags}`,
    tags === undefined ? '' : `keep ${conditions.length === 0 ? 'none' : conditions.join(' or ')}`,
    untagged === undefined ? '' : `untagged ${untagged}`,
  ]
}

const SOURCES: Readonly<Record<ExpirySource, string>> = { label: 'label', user: 'set by hand' }

function describeExplanation(found: Explanation): string[] {
  const { tag, digest, verdict, reason, goesAt, rules, expiry, manifest } = found
  return [
    `${tag} (${digest}) ${verdict === 'goes' ? 'goes' : 'stays'}: ${reason}.`,
    ...(goesAt === undefined || verdict === 'goes' ? [] : [`It goes at ${goesAt.toISOString()} if nothing changes.`]),
    ...(expiry === undefined ? [] : [`It expires at ${expiry.expiresAt.toISOString()} (${SOURCES[expiry.source]}).`]),
    ...rules.map(
      ({ rule, keeps }) =>
        `Rule ${rule.id} (${columnsOf(rule).filter(Boolean).join(', ')}) ${keeps ? 'keeps it' : 'does not keep it'}.`,
    ),
    ...(verdict === 'goes' ? [`Its manifest ${manifest.goes ? 'goes too' : 'stays'}: ${manifest.reason}.`] : []),
  ]
}
