import type { Database, Transaction } from '../metadata/db.ts'
import { findVerdict } from '../metadata/policy-verdicts.ts'
import { findRepository } from '../metadata/repositories.ts'
import { RowCache } from '../metadata/row-cache.ts'
import { isDigest } from '../oci/digest.ts'
import { findBlob } from '../metadata/blobs.ts'
import type { Clock } from '../lib/clock.ts'
import type { ArrivingManifest, Guard, Operation } from '../registry/operation.ts'
import type { Evidence } from './evidence.ts'
import type { Judge } from './judge.ts'
import type { Rule } from './rule.ts'
import { type PolicyHere, type PolicySettings, policyIn } from './settings.ts'
import { projectsWithRules } from './rules-exist-store.ts'

interface GuardParts {
  readonly database: Database
  readonly clock: Clock
  readonly settings: PolicySettings
  readonly evidence: Pick<Evidence, 'settingsRevision'>
  readonly judge: () => Promise<Judge>
}

/** What an image says of itself is known as soon as it comes. */
const OF_CONTENT: ReadonlySet<string | undefined> = new Set(['labels', 'base', 'age'])

/**
 * Refuses pushes, and tags on what is refused, where rules ask for it: by what an image says of itself when it comes, and
 * by everything that is known of it already when a tag is set.
 */
export function policyGuard(parts: GuardParts): Guard {
  const { database, settings } = parts
  // Another machine may have made a rule that only the transaction's own snapshot knows.
  const version = () => (database.engine === 'sqlite' ? database.accessVersion() : undefined)
  const anyRules = new RowCache<{ readonly any: boolean }>(version, 1)
  return {
    name: 'policy',
    admitManifest: async (arriving) => {
      const here = await settings.here(arriving.repository)
      const rules = here && bindingAtPush(here, arriving.actor.id).filter(({ check }) => OF_CONTENT.has(check?.kind))
      if (here === undefined || rules === undefined || rules.length === 0 || arriving.manifest.kind === 'index') return
      await admit(parts, arriving, { ...here, rules })
    },
    check: async (operation, tx) => {
      if (!setsTags(operation) || operation.adopted === true) return
      const found = await anyRules.find('rules', async () => ({ any: (await projectsWithRules(tx)).length > 0 }))
      if (found?.any !== true) return
      const here = await policyIn(tx, operation.repository)
      const rules = here && bindingAtPush(here, operation.actor.id)
      if (here !== undefined && rules !== undefined && rules.length > 0)
        await requireKnownGood(parts, tx, operation, { ...here, rules })
    },
  }
}

type TagSetting = Extract<Operation, { readonly type: 'push-manifest' | 'move-tags' }>

function setsTags(operation: Operation): operation is TagSetting {
  return (operation.type === 'push-manifest' || operation.type === 'move-tags') && operation.tags.length > 0
}

function bindingAtPush({ rules }: PolicyHere, actorId: string): Rule[] {
  return rules.filter(({ push, mode, except }) => push && mode === 'enforce' && !except.includes(actorId))
}

/** @throws OciError DENIED */
async function admit(parts: GuardParts, arriving: ArrivingManifest, here: PolicyHere): Promise<void> {
  const { reader } = parts.database
  const { repository, digest, manifest, actor } = arriving
  const [config] = manifest.blobs
  // What it names and is not there is for others to refuse; it is judged when it is pulled.
  if (config === undefined || !isDigest(config.digest)) return
  if ((await findBlob(reader, repository, config.digest)) === undefined) return
  const repositoryId = (await findRepository(reader, repository)) ?? 0
  const judge = await parts.judge()
  const verdict = await judge.examineSubject({ spot: { repository, repositoryId }, digest, manifest }, here, here.rules)
  const { requireKept, saidTo } = await import('./refusal.ts')
  requireKept(here.project.name, digest, saidTo(actor.id, here, verdict))
}

/** A verdict that is not known yet refuses nothing here: the image is judged when it is pulled. @throws OciError DENIED */
async function requireKnownGood(
  { evidence, clock }: GuardParts,
  tx: Transaction,
  { repositoryId, digest, actor }: TagSetting,
  here: PolicyHere,
): Promise<void> {
  const row = await findVerdict(tx, { repositoryId, digest })
  if (row === undefined || row.revision === '') return
  const { joined, readVerdict } = await import('./judge.ts')
  const revision = joined(here.revision, await evidence.settingsRevision(here.project.id))
  const verdict = readVerdict(row, revision, clock.now().getTime())
  if (verdict === undefined || verdict.outcome === 'pass') return
  const { requireKept, saidTo } = await import('./refusal.ts')
  requireKept(here.project.name, digest, saidTo(actor.id, here, verdict))
}
