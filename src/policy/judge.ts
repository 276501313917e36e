import { createHasher } from '../lib/hasher.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import {
  findVerdict,
  reserveVerdict,
  saveVerdict,
  type VerdictPlace,
  type VerdictRow,
} from '../metadata/policy-verdicts.ts'
import { findManifestByDigest, type ManifestHead } from '../metadata/manifests.ts'
import { type Manifest, parseManifest } from '../oci/manifest.ts'
import { runnableOf, saysImage } from '../oci/runnable.ts'
import type { Log } from '../observability/log.ts'
import type { Spot } from '../registry/operation.ts'
import { readOrSupplyManifest } from '../registry/pull-through.ts'
import { checkAge, checkBase, checkLabels } from './checks/facts.ts'
import { type CheckResult, earliest, plain, SOON_MS } from './checks/result.ts'
import { checkSignatures } from './checks/signatures.ts'
import { checkVulnerabilities } from './checks/vulnerabilities.ts'
import { Dossier, type DossierParts } from './dossier.ts'
import type { Facts, Subject } from './evidence.ts'
import type { Check, CheckOf, Rule } from './rule.ts'
import type { PolicyHere } from './settings.ts'
import type { Exemption } from './store.ts'
import { exempted, NOT_JUDGED, OUTCOMES, type RuleVerdict, type Verdict, verdictBody, verdictOf } from './verdict.ts'

export interface JudgeParts extends DossierParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

/** What is judged, and by what. */
export interface Question {
  readonly spot: Spot
  readonly here: PolicyHere
  /** Somebody waits for it. */
  readonly isPulled?: boolean
}

/** Finds what the rules say of manifests, and remembers it in rows. */
export class Judge {
  readonly #parts: JudgeParts
  /** Many pull the same image at once: it is judged once. */
  readonly #underway = new Map<string, Promise<Verdict>>()

  constructor(parts: JudgeParts) {
    this.#parts = parts
  }

  /** Of the project's settings, and of what the sources of evidence go by. */
  async revisionOf({ project, revision }: PolicyHere): Promise<string> {
    return joined(revision, await this.#parts.evidence.settingsRevision(project.id))
  }

  /** One read where it is known; otherwise it is found now. @throws what keeps the rows from being read */
  async verdictOf(question: Question, head: ManifestHead): Promise<Verdict> {
    const revision = await this.revisionOf(question.here)
    const place = { repositoryId: head.repositoryId, digest: head.digest }
    const row = await findVerdict(this.#parts.database.reader, place)
    const known = row && readVerdict(row, revision, this.#now())
    if (known !== undefined) return known
    const version = this.#parts.database.version()
    if (version === undefined) return this.#find(question, head, { revision, row })
    const key = `${place.repositoryId}@${place.digest}@${revision}@${version}`
    const underway = this.#underway.get(key)
    if (underway !== undefined) return underway
    const found = this.#find(question, head, { revision, row }).finally(() => this.#underway.delete(key))
    this.#underway.set(key, found)
    return found
  }

  async #find(
    question: Question,
    head: ManifestHead,
    { revision, row }: { readonly revision: string; readonly row: VerdictRow | undefined },
  ): Promise<Verdict> {
    const place = { repositoryId: head.repositoryId, digest: head.digest }
    // Its epoch is read before what the verdict rests on.
    const before = row ?? (await this.#reserve(place))
    // Whoever looked at the same time may have ended between our two reads.
    const known = row === undefined && before !== undefined ? readVerdict(before, revision, this.#now()) : undefined
    if (known !== undefined) return known
    const verdict = await this.examine(question, head, question.here.rules)
    if (before !== undefined && isWhole(verdict)) {
      // On PostgreSQL a change that began before the row was there cannot say in it that it was made.
      const mayHaveMissed = row === undefined && this.#parts.database.engine === 'postgres'
      const kept = mayHaveMissed ? soon(verdict, this.#now()) : verdict
      await this.#save(place, { ...writeVerdict(kept, revision), epoch: before.epoch })
    }
    return verdict
  }

  /** What these rules say now, without looking into rows of verdicts or writing any. */
  async examine(
    { spot, here, isPulled = false }: Question,
    head: ManifestHead,
    rules: readonly Rule[],
  ): Promise<Verdict> {
    const registry = this.#parts.registry()
    const content = await readOrSupplyManifest(registry, spot.repository, head)
    const manifest = parseManifest(content, head.mediaType)
    return this.examineSubject({ spot, digest: head.digest, manifest, isPulled }, here, rules)
  }

  /** The same of a manifest that need not be here yet. */
  async examineSubject(subject: Subject, here: PolicyHere, rules: readonly Rule[]): Promise<Verdict> {
    const now = this.#now()
    const dossier = new Dossier(this.#parts, subject)
    try {
      if (!(await dossier.canRun())) return NOT_JUDGED
    } catch (error) {
      const said = rules.map((rule) => ({ rule, verdict: this.#unknown(rule, subject, error) }))
      return verdictOf(said)
    }
    const said = await Promise.all(
      rules.map(async (rule) => {
        try {
          return { rule, ...(await ruleVerdict(rule, dossier, { here, now })) }
        } catch (error) {
          return { rule, verdict: this.#unknown(rule, subject, error) }
        }
      }),
    )
    return isSure(subject.manifest) ? verdictOf(said) : soon(verdictOf(said), now)
  }

  #unknown(rule: Rule, { spot, digest }: Subject, error: unknown): RuleVerdict {
    this.#parts.log.warn('a rule of policy could not be looked at', {
      ...{ repository: spot.repository, digest, rule: rule.name, error },
    })
    return { rule: rule.id, outcome: 'unknown', text: 'what it asks for cannot be looked at now' }
  }

  /** Whatever goes wrong here, the verdict is right: it is only found anew the next time. */
  async #reserve(place: VerdictPlace): Promise<VerdictRow | undefined> {
    try {
      await this.#parts.database.writeQuietly((tx) => reserveVerdict(tx, place))
      return await findVerdict(this.#parts.database.reader, place)
    } catch (error) {
      this.#parts.log.warn('a verdict could not be remembered', { digest: place.digest, error })
      return undefined
    }
  }

  async #save(place: VerdictPlace, row: VerdictRow): Promise<void> {
    try {
      await this.#parts.database.writeQuietly((tx) => saveVerdict(tx, place, row))
    } catch (error) {
      this.#parts.log.warn('a verdict could not be remembered', { digest: place.digest, error })
    }
  }

  /** The head of a visible manifest. */
  headOf({ repository }: Spot, digest: ManifestHead['digest']): Promise<ManifestHead | undefined> {
    return findManifestByDigest(this.#parts.database.reader, repository, digest)
  }

  #now(): number {
    return this.#parts.clock.now().getTime()
  }
}

export function joined(revision: string, settings: string): string {
  if (settings === '') return revision
  const hasher = createHasher('sha256')
  hasher.update(new TextEncoder().encode(`${revision} ${settings}`))
  return hasher.hex().slice(0, 32)
}

/** What would be a statement if its layers were here may turn out to be one. */
function isSure(manifest: Manifest): boolean {
  return manifest.kind === 'image' && runnableOf(manifest) === 'yes'
}

function soon(verdict: Verdict, now: number): Verdict {
  return { ...verdict, validUntil: earliest(verdict.validUntil, now + SOON_MS) }
}

/** Whether every rule could be looked at: a word to the client about one that could not is not written down either. */
function isWhole({ rules }: Verdict): boolean {
  return rules.every(({ outcome }) => outcome !== 'unknown')
}

export function readVerdict(row: VerdictRow, revision: string, now: number): Verdict | undefined {
  if (row.revision !== revision || (row.validUntil !== undefined && row.validUntil <= now)) return undefined
  const outcome = OUTCOMES.find((each) => each === row.outcome)
  const body = verdictBody.safeParse(JSON.parse(row.body))
  if (outcome === undefined || !body.success) return undefined
  return { outcome, ...body.data, validUntil: row.validUntil }
}

function writeVerdict({ outcome, judged, rules, validUntil }: Verdict, revision: string): Omit<VerdictRow, 'epoch'> {
  return { revision, outcome, body: JSON.stringify({ judged, rules }), validUntil }
}

const NOT_ASKED: CheckResult = {
  outcome: 'pass',
  text: 'it is about images; those that this index lists are judged when they are pulled',
}

/** Clients take what is embedded instead of asking for it, so nobody would judge it. */
const EMBEDS: CheckResult = {
  outcome: 'violated',
  text: 'it has manifests inside itself ("data" of its descriptors), which clients would not ask for, so they could not be judged; push it without them',
}

async function ruleVerdict(
  rule: Rule,
  dossier: Dossier,
  { here, now }: { readonly here: Pick<PolicyHere, 'project' | 'exemptions'>; readonly now: number },
): Promise<{ readonly verdict: RuleVerdict; readonly until: number | undefined }> {
  const result = await resultOf(rule.check, dossier, { project: here.project, now })
  const exemptions = result.outcome === 'pass' ? [] : await exemptionsOf(here.exemptions, rule, dossier)
  const { outcome, exemption, until } = exempted(result, exemptions, now)
  const { findings } = result
  const text = outcome === 'violated' ? `${result.text}${wayOut(dossier.subject.manifest)}` : result.text
  return {
    verdict: {
      ...{ rule: rule.id, outcome, text },
      ...(findings === undefined ? {} : { findings: [...findings] }),
      ...(exemption === undefined ? {} : { exemption }),
    },
    until,
  }
}

/** Types that nobody knows may be those of an artifact of somebody's own. */
function wayOut(manifest: Manifest): string {
  if (manifest.kind === 'index' || saysImage(manifest)) return ''
  return ' (its types are of no known artifact, so it is taken for an image; the repositories of a rule, its exceptions and exemptions can leave it out)'
}

/** An exemption of an index is one of what it lists. */
async function exemptionsOf(all: readonly Exemption[], rule: Rule, dossier: Dossier): Promise<Exemption[]> {
  const ofRule = all.filter(({ ruleId }) => ruleId === undefined || ruleId === rule.id)
  if (ofRule.every(({ digest }) => digest === undefined)) return ofRule
  const about: readonly string[] = [dossier.subject.digest, ...(await dossier.indexes())]
  return ofRule.filter(({ digest }) => digest === undefined || about.includes(digest))
}

interface At {
  readonly project: PolicyHere['project']
  readonly now: number
}

async function resultOf(check: Check | undefined, dossier: Dossier, { project, now }: At): Promise<CheckResult> {
  if (check === undefined)
    return { outcome: 'violated', text: 'a newer version of this program wrote the rule, and this one cannot read it' }
  if (check.kind === 'signatures' || check.kind === 'attestations')
    return checkSignatures(check, await dossier.signatures(), now)
  const { kind, embeds } = dossier.subject.manifest
  if (kind === 'index') return embeds ? EMBEDS : NOT_ASKED
  if (check.kind === 'vulnerabilities') {
    if (runnableOf(dossier.subject.manifest) === 'statement') return { ...DISGUISED, until: now + SOON_MS }
    return findingsResult(check, dossier, now)
  }
  if (check.kind !== 'base' || check.layersOf.length === 0) return factsResult(check, await dossier.facts(), now)
  const until = now + BASES_MS
  if (await dossier.isBuiltUpon(project, check.layersOf)) return { outcome: 'pass', text: '', until }
  if (check.allow.length > 0) return { ...factsResult(check, await dossier.facts(), now), until }
  const where = check.layersOf.map((each) => plain(each)).join(', ')
  return { outcome: 'violated', text: `it does not begin with the layers of an image in ${where}`, until }
}

async function findingsResult(check: CheckOf<'vulnerabilities'>, dossier: Dossier, now: number): Promise<CheckResult> {
  const report = await dossier.report()
  const isOnItsWay = report.state === 'waiting' && (await dossier.want(check.unscanned === 'refuse'))
  return checkVulnerabilities(check, isOnItsWay ? { ...report, reasons: [ON_ITS_WAY] } : report, now)
}

const ON_ITS_WAY = 'it is being fetched and looked into: try again in a while'

/** What calls itself a statement is not looked into, so nothing is known of it when it is something else. */
const DISGUISED: CheckResult = {
  outcome: 'violated',
  text: 'its layers are called signatures or statements, and one of them is a file system, or is not here',
}

/** Images to build upon come and go. */
const BASES_MS = 5 * 60_000

function factsResult(check: CheckOf<'labels' | 'base' | 'age'>, facts: Facts | undefined, now: number): CheckResult {
  // It may not be here yet.
  if (facts === undefined)
    return { outcome: 'violated', text: 'its configuration cannot be read', until: now + SOON_MS }
  switch (check.kind) {
    case 'labels':
      return checkLabels(check, facts)
    case 'base':
      return checkBase(check, facts)
    case 'age':
      return checkAge(check, facts, now)
  }
}
