import { z } from 'zod'
import { parsePattern } from '../access/pattern.ts'
import { matchesPattern } from '../lib/name-pattern.ts'
import { Problem } from '../lib/problem.ts'
import type { ReplicationDirection } from '../metadata/schema-replication.ts'
import { parseTagSelector, type TagSelector } from '../registry/tag-selector.ts'
import { parseLabel, type WantedLabel } from './labels.ts'
import { parseNaming } from './naming.ts'
import { parseSchedule } from './schedule.ts'

const prefix = z.string().max(200)

/** What can be said of a rule, but for its name, its remote and its direction. */
export const ruleFields = z.strictObject({
  repositories: z
    .string()
    .max(1000)
    .describe(
      'Patterns of names where the images come from, with commas between: "*" is anything but a slash, "**" anything.',
    ),
  tags: z
    .string()
    .max(300)
    .describe('Which tags: "v*,release-*", "regex:v\\d+", "semver:>=1.2 <2"; "!" before it: all others.'),
  labels: z
    .array(z.string().max(300))
    .max(20)
    .describe('"key" or "key=value": only images with all of these, as annotation or as label of their config.'),
  platforms: z
    .array(z.string().regex(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9]+)?$/, 'is not like linux/arm64'))
    .max(20)
    .describe('Only these, such as "linux/arm64"; empty: all. Of an index, only these of its images are brought.'),
  signedOnly: z.boolean().describe('Only what a signature is about.'),
  stripPrefix: prefix.describe('Taken from the beginning of names that have it.'),
  addPrefix: prefix.describe('Put before every name.'),
  flatten: z.boolean().describe('Of a name only what stands after its last slash.'),
  onEvent: z.boolean().describe('Soon after each change. For pushing.'),
  schedule: z.string().max(100).describe('Cron, five fields, UTC: "0 3 * * *".'),
  deletes: z.boolean().describe('Tags that go at the source go at the target too, if this rule brought them.'),
  conflicts: z
    .enum(['newest', 'source', 'keep'])
    .describe(
      'When a tag was changed on both sides. "source": it becomes what it is at the source. "newest": the side that knew of the other; when none did, the greater digest. "keep": both stay as they are.',
    ),
  peerAccount: z
    .string()
    .max(255)
    .describe('The account with which the remote pushes here: what it brings is not sent back.'),
  concurrency: z.int().min(1).max(32).describe('Images at a time.'),
  bytesPerSecond: z.int().min(1024).describe('Of all its transfers together.'),
})

const { shape } = ruleFields

/** The whole of it: what is not said is this. */
export const ruleBody = ruleFields.extend({
  repositories: shape.repositories.default('**'),
  tags: shape.tags.default('*'),
  labels: shape.labels.default([]),
  platforms: shape.platforms.default([]),
  signedOnly: shape.signedOnly.default(false),
  stripPrefix: shape.stripPrefix.default(''),
  addPrefix: shape.addPrefix.default(''),
  flatten: shape.flatten.default(false),
  onEvent: shape.onEvent.default(false),
  deletes: shape.deletes.default(false),
  conflicts: shape.conflicts.default('source'),
  concurrency: shape.concurrency.default(4),
  schedule: shape.schedule.optional(),
  peerAccount: shape.peerAccount.optional(),
  bytesPerSecond: shape.bytesPerSecond.optional(),
})

export type RuleBody = z.output<typeof ruleBody>
export type RuleBodyInput = z.input<typeof ruleBody>

/** As it is kept. */
export interface StoredRule {
  readonly id: number
  readonly name: string
  readonly remoteId: number
  /** The remote's name. */
  readonly remote: string
  readonly direction: ReplicationDirection
  readonly enabled: boolean
  readonly body: RuleBody
  readonly createdAt: Date
}

/** Ready to be used. */
export interface Rule extends StoredRule {
  /** Names where the images come from. */
  readonly selectsRepository: (name: string) => boolean
  readonly tags: TagSelector
  readonly labels: readonly WantedLabel[]
  /** What a repository is called where it goes. @throws Problem when that is no name */
  readonly nameThere: (name: string) => string
}

/** @throws Problem */
export async function parseRule(stored: StoredRule): Promise<Rule> {
  const { body } = stored
  const patterns = body.repositories.split(',').map((text) => parsePattern(text.trim()))
  return {
    ...stored,
    selectsRepository: (name) => patterns.some((pattern) => matchesPattern(pattern, name)),
    tags: await parseTagSelector(body.tags),
    labels: body.labels.map(parseLabel),
    nameThere: parseNaming(body),
  }
}

/** What a rule that is made or changed has to be, besides what its schema says. @throws Problem */
export async function requireSound(rule: StoredRule): Promise<void> {
  await parseRule(rule)
  const { body, direction } = rule
  if (body.schedule !== undefined) await parseSchedule(body.schedule)
  if (direction === 'pull' && body.onEvent)
    throw new Problem('invalid', 'only rules that push hear of changes; give a rule that pulls a schedule')
  if (direction === 'pull' && body.peerAccount !== undefined)
    throw new Problem('invalid', 'peerAccount is for rules that push: it says what came from the remote')
}

const RULE_NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/

/** @throws Problem */
export function parseRuleName(text: string): string {
  if (text.length <= 64 && RULE_NAME.test(text)) return text
  throw new Problem(
    'invalid',
    'the name of a rule has at most 64 lower-case letters and digits, with ".", "_" or "-" between them',
  )
}

/** Whom the audit and the history of tags name for what a rule changes here. */
export function ruleActor({ name }: { readonly name: string }) {
  return { id: `${RULE_ACTOR}${name}`, name: `${RULE_ACTOR}${name}`, address: '' }
}

export const RULE_ACTOR = 'replication:'
