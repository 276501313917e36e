import type { Command } from 'commander'
import { Problem } from '../lib/problem.ts'
import { parseRepositoryName } from '../oci/name.ts'
import { type Explanation, explainVerdict } from '../policy/explain.ts'
import { addExemption, exemptionNamed, removeExemption } from '../policy/manage-exemptions.ts'
import { addRule, describeRule, removeRule, ruleNamed, setMode } from '../policy/manage-rules.ts'
import { type Preview, previewRule } from '../policy/preview.ts'
import { type Check, MODES, parseRule, type RuleInput } from '../policy/rule.ts'
import { listExemptions, listRules } from '../policy/store.ts'
import { parseImageReference } from '../registry/image-reference.ts'
import { type Flags, offlineOf, withConfig } from './flags.ts'
import { parseDays } from './parse-days.ts'
import { BY_OPERATOR, withManagement, withRegistry } from './offline.ts'
import { print, printTable } from './output.ts'
import { projectNamed } from './project.ts'

export interface RuleFlags extends Flags {
  readonly severity?: string
  readonly fixAvailable?: boolean
  readonly graceDays?: string
  readonly unscanned?: string
  readonly unrated?: string
  readonly signedBy?: string[]
  readonly attested?: string
  readonly all?: boolean
  readonly label?: string[]
  readonly base?: string[]
  readonly layersOf?: string[]
  readonly maxAgeDays?: string
  readonly repositories?: string
  readonly mode?: string
  readonly push?: boolean
  readonly except?: string[]
}

export function addPolicyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('Say what images must be like to be pulled, and see which are not.')
  addRuleCommands(policy)
  addExemptionCommands(policy)
  addLookCommands(policy)
}

function withRuleFlags(command: Command): Command {
  return withConfig(command)
    .option('--severity <severity>', 'no vulnerabilities at or above it: low, medium, high, critical')
    .option('--fix-available', 'only those for which there is a fixed version')
    .option('--grace-days <n>', 'days for which a vulnerability that was found is let through')
    .option('--unscanned <allow|warn|refuse>', 'what becomes of images of which nothing can be said')
    .option('--unrated <count|warn|ignore>', 'what vulnerabilities count for that nobody has rated')
    .option('--signed-by <anchors...>', 'a signature that one of these trust anchors accepts')
    .option('--attested <type>', 'with --signed-by: an attestation of this type instead')
    .option('--all', 'with --signed-by: every one of them')
    .option('--label <name=pattern...>', 'labels that the image must have; "=*" or nothing: any value')
    .option('--base <patterns...>', 'names, or digests, of the images that it may be built upon')
    .option('--layers-of <patterns...>', 'repositories of the project that hold the images it may be built upon')
    .option('--max-age-days <n>', 'days since it was made')
    .option('--repositories <pattern>', 'only repositories whose names below the project match')
}

const WORDS: Readonly<Record<string, (flags: RuleFlags) => unknown>> = {
  severity: ({ severity, fixAvailable, graceDays, unscanned, unrated }) => ({
    kind: 'vulnerabilities',
    severity,
    fixAvailable: fixAvailable === true,
    ...(graceDays === undefined ? {} : { graceDays: Number(graceDays) }),
    ...(unscanned === undefined ? {} : { unscanned }),
    ...(unrated === undefined ? {} : { unrated }),
  }),
  signedBy: ({ signedBy, attested, all }) => ({
    ...(attested === undefined ? { kind: 'signatures' } : { kind: 'attestations', predicateType: attested }),
    anchors: signedBy,
    require: all === true ? 'all' : 'any',
  }),
  label: ({ label = [] }) => ({ kind: 'labels', required: Object.fromEntries(label.map(parseLabel)) }),
  base: ({ base, layersOf }) => ({ kind: 'base', allow: base ?? [], layersOf: layersOf ?? [] }),
  maxAgeDays: ({ maxAgeDays }) => ({ kind: 'age', maxDays: Number(maxAgeDays) }),
}

function parseLabel(text: string): [string, string] {
  const equals = text.indexOf('=')
  return equals < 0 ? [text, '*'] : [text.slice(0, equals), text.slice(equals + 1)]
}

/** @throws Problem */
export function ruleOf(name: string, flags: RuleFlags): RuleInput {
  const isGiven = (word: string) => flags[word] !== undefined || (word === 'base' && flags.layersOf !== undefined)
  const given = Object.keys(WORDS).filter(isGiven)
  const [word = ''] = given
  if (given.length !== 1)
    throw new Problem(
      'invalid',
      'say what the rule asks, one thing a rule: --severity, --signed-by, --label, --base or --max-age-days',
    )
  const { repositories, mode, push, except } = flags
  return parseRule({
    name,
    ...(repositories === undefined ? {} : { repositories }),
    ...(mode === undefined ? {} : { mode: modeOf(mode) }),
    push: push === true,
    ...(except === undefined ? {} : { except }),
    check: WORDS[word]?.(flags),
  })
}

/** @throws Problem */
function modeOf(text: string) {
  const mode = MODES.find((each) => each === text)
  if (mode !== undefined) return mode
  throw new Problem('invalid', `"${text}" is not one of ${MODES.join(', ')}`)
}

function addRuleCommands(policy: Command): void {
  withConfig(policy.command('list <project>').description('List the rules of a project.')).action(
    async (name: string, flags: Flags) => {
      const rules = await withManagement(await offlineOf(flags), async (m) => {
        const { reader } = m.database
        const found = await listRules(reader, (await projectNamed(m, name)).id)
        return Promise.all(found.map((rule) => describeRule(reader, rule)))
      })
      printTable(
        rules.map((rule) => [
          rule.name,
          rule.mode,
          rule.check === undefined ? 'unreadable' : textOf(rule.check),
          rule.repositories === '' ? 'all repositories' : rule.repositories,
          rule.push ? 'at pushes, too' : '',
          rule.except.length === 0 ? '' : `not for ${rule.except.join(', ')}`,
        ]),
      )
    },
  )
  withRuleFlags(policy.command('add <project> <name>').description('Add a rule. It holds from the next pull on.'))
    .option('--mode <off|warn|enforce>', 'only tell clients (warn, the default), or refuse (enforce)')
    .option('--push', 'ask it when images are pushed and tags moved, too')
    .option('--except <accounts...>', 'user:NAME or robot:NAME, whom it does not hold for')
    .action(async (project: string, name: string, flags: RuleFlags) => {
      const rule = await withManagement(await offlineOf(flags), async (m) =>
        addRule(m, BY_OPERATOR, await projectNamed(m, project), ruleOf(name, flags)),
      )
      print(`The policy "${rule.name}" of the project ${project} is there: ${textOf(rule.check)} (${rule.mode}).`)
    })
  withConfig(
    policy.command('set-mode <project> <name> <mode>').description('Turn a rule off, or make it warn, or enforce.'),
  ).action(async (project: string, name: string, mode: string, flags: Flags) => {
    const to = modeOf(mode)
    await withManagement(await offlineOf(flags), async (m) => {
      const of = await projectNamed(m, project)
      await setMode(m, BY_OPERATOR, of, { rule: await ruleNamed(m.database.reader, of, name), mode: to })
    })
    print(`The policy "${name}" of the project ${project} is "${to}" now.`)
  })
  withConfig(
    policy.command('remove <project> <name>').description('Remove a rule, with the exemptions from it.'),
  ).action(async (project: string, name: string, flags: Flags) => {
    await withManagement(await offlineOf(flags), async (m) => {
      const of = await projectNamed(m, project)
      await removeRule(m, BY_OPERATOR, of, await ruleNamed(m.database.reader, of, name))
    })
    print(`The policy "${name}" was removed.`)
  })
}

const DAY_MS = 86_400_000

interface ExemptFlags extends Flags {
  readonly rule?: string
  readonly repositories?: string
  readonly digest?: string
  readonly days: number
  readonly reason?: string
}

function addExemptionCommands(policy: Command): void {
  withConfig(
    policy
      .command('exempt <project> <name>')
      .description('Take images out of the reach of a rule, or of all, for a while.'),
  )
    .option('--rule <name>', 'only from this one')
    .option('--repositories <pattern>', 'only in repositories whose names below the project match')
    .option('--digest <digest>', 'only this image, or this index with what it lists')
    .requiredOption('--days <n>', 'for so long, at most a year', parseDays)
    .requiredOption('--reason <text>', 'why, for whoever looks at it later')
    .action(async (project: string, name: string, flags: ExemptFlags) => {
      const { rule, repositories, digest, days, reason = '' } = flags
      const { expiresAt } = await withManagement(await offlineOf(flags), async (m) =>
        addExemption(m, BY_OPERATOR, await projectNamed(m, project), {
          ...{ name, reason, expiresAt: new Date(m.clock.now().getTime() + days * DAY_MS) },
          ...(rule === undefined ? {} : { rule }),
          ...(repositories === undefined ? {} : { repositories }),
          ...(digest === undefined ? {} : { digest }),
        }),
      )
      print(`The exemption "${name}" holds until ${expiresAt.toISOString()}.`)
    })
  withConfig(policy.command('exemptions <project>').description('List the exemptions of a project.')).action(
    async (project: string, flags: Flags) => {
      const { exemptions, rules } = await withManagement(await offlineOf(flags), async (m) => {
        const { id } = await projectNamed(m, project)
        const { reader } = m.database
        return { exemptions: await listExemptions(reader, id), rules: await listRules(reader, id) }
      })
      const now = new Date()
      printTable(
        exemptions.map(({ name, ruleId, repositories, digest, expiresAt, reason, createdBy }) => [
          name,
          rules.find(({ id }) => id === ruleId)?.name ?? 'every rule',
          repositories === '' ? 'all repositories' : repositories,
          digest ?? 'all images',
          `${expiresAt <= now ? 'ended' : 'until'} ${expiresAt.toISOString()}`,
          `${reason} (${createdBy})`,
        ]),
      )
    },
  )
  withConfig(policy.command('unexempt <project> <name>').description('End an exemption at once.')).action(
    async (project: string, name: string, flags: Flags) => {
      await withManagement(await offlineOf(flags), async (m) => {
        const of = await projectNamed(m, project)
        await removeExemption(m, BY_OPERATOR, of, await exemptionNamed(m.database.reader, of, name))
      })
      print(`The exemption "${name}" has ended.`)
    },
  )
}

const LISTED = 20

function addLookCommands(policy: Command): void {
  withConfig(
    policy
      .command('check <image>')
      .description('What each rule says of REPOSITORY:TAG or REPOSITORY@DIGEST. Exits with 1 where it is refused.'),
  ).action(async (text: string, flags: Flags) => {
    const { name, reference } = parseImageReference(text)
    const found = await withRegistry(await offlineOf(flags), (registry, _, { policy: judged }) =>
      explainVerdict({ registry, policy: judged }, parseRepositoryName(name), reference),
    )
    for (const line of describe(text, found)) print(line)
    if (found.outcome === 'refuse' || found.outcome === 'unknown') process.exitCode = 1
  })
  withRuleFlags(
    policy
      .command('preview <project>')
      .description('What such a rule would refuse among the tagged images of a project, were it enforced.'),
  ).action(async (project: string, flags: RuleFlags) => {
    const preview = await withRegistry(await offlineOf(flags), async (registry, m, { policy: judged }) =>
      previewRule({ registry, policy: judged }, await projectNamed(m, project), ruleOf('preview', flags), LISTED),
    )
    printPreview(preview)
  })
}

function describe(image: string, { digest, project, outcome, judged, validUntil, rules }: Explanation): string[] {
  if (project === undefined) return [`${image} (${digest}): no rule is about it.`]
  if (!judged) return [`${image} (${digest}): nothing can run it, so no rule of project ${project} is about it.`]
  return [
    `${image} (${digest}): ${outcome}${validUntil === undefined ? '' : `, until ${validUntil.toISOString()}`}.`,
    ...rules.map(({ policy, mode, outcome: said, text, exemption }) => {
      const by = exemption === undefined ? '' : ` by "${exemption}"`
      return `  ${policy} (${mode}): ${said}${by}${text === '' ? '' : `: ${text}`}`
    }),
  ]
}

function printPreview({ images, refused, warned, unknown, items, truncated }: Preview): void {
  print(`Of ${images} images it would refuse ${refused} and warn of ${warned}; of ${unknown} nobody can say it now.`)
  printTable(items.map(({ repository, tag, outcome, text }) => [`${repository}:${tag}`, outcome, text]))
  if (truncated) print('There are more.')
}

function textOf(check: Check | undefined): string {
  switch (check?.kind) {
    case undefined:
      return 'unreadable'
    case 'vulnerabilities':
      return vulnerabilitiesText(check)
    case 'signatures':
      return `signed by ${check.require} of ${check.anchors.join(', ')}`
    case 'attestations':
      return `${check.predicateType} attested by ${check.require} of ${check.anchors.join(', ')}`
    case 'labels':
      return `labels ${Object.entries(check.required)
        .map(([name, pattern]) => `${name}=${pattern}`)
        .join(', ')}`
    case 'base':
      return `built upon ${[...check.allow, ...check.layersOf.map((each) => `images in ${each}`)].join(', ')}`
    case 'age':
      return `at most ${check.maxDays} days old`
  }
}

function vulnerabilitiesText({
  severity,
  fixAvailable,
  graceDays,
  unscanned,
  unrated,
}: Extract<Check, { kind: 'vulnerabilities' }>): string {
  const grace = graceDays === 0 ? '' : ` for more than ${graceDays} days`
  return `nothing ${severity} or worse${fixAvailable ? ' that is fixed' : ''}${grace}; unscanned: ${unscanned}, unrated: ${unrated}`
}
