import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { MaybePromise } from './lib/maybe-promise.ts'
import type { Rights } from './access/rights.ts'
import { environment } from './config/environment.ts'
import type { Config } from './config/schema.ts'
import type { Recorder } from './events/recorder.ts'
import type { FindingsSource } from './inventory/findings-source.ts'
import type { Job } from './jobs/job.ts'
import { once } from './lib/once.ts'
import type { Clock } from './lib/clock.ts'
import type { Database } from './metadata/db.ts'
import type { Log } from './observability/log.ts'
import type { Evidence } from './policy/evidence.ts'
import { createPolicy, type Policy } from './policy/policy.ts'
import type { Guard, Listener } from './registry/operation.ts'
import type { PullGate } from './registry/pull-gate.ts'
import type { Registry } from './registry/registry.ts'
import { listExceptions, listVex } from './scanning/exception-store.ts'
import { scanningListener } from './scanning/listener.ts'
import type { ScanningParts } from './scanning/parts.ts'
import { signingListener } from './signing/listener.ts'
import { listAnchors } from './signing/store.ts'
import type { SealedSecrets } from './storage/sealed-secrets.ts'
import type { SignatureSource } from './trust/signature-source.ts'

/** What is known of what images hold and who made them, and what follows from it. */
export interface Contents {
  readonly guards: readonly Guard[]
  readonly listeners: readonly Listener[]
  readonly gates: readonly PullGate[]
  readonly findings: FindingsSource
  readonly signatures: SignatureSource
  readonly policy: Policy
  readonly scanning: ScanningParts
  readonly jobs: () => Promise<readonly Job[]>
}

interface ContentsParts {
  readonly config: Config
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly recorder: Recorder
  readonly rights: Pick<Rights, 'cache' | 'access'>
  readonly secrets: SealedSecrets
  /** Instead of what is found here. */
  readonly evidence?: Partial<Evidence> | undefined
  /** Made of what is made here, so it is asked for later. */
  readonly registry: () => Registry
}

/** Puts scanning, signing and policy together. What judges is loaded when somebody asks: a start need not wait for it. */
export function createContents(parts: ContentsParts): Contents {
  const { config, database, clock, log, recorder, rights, registry } = parts
  const { cache, access } = rights
  const { enabled } = config.scanning
  const findings = lazyFindings(parts)
  const signatures = lazySignatures(parts)
  const policy = createPolicy({
    ...{ database, clock, log, recorder, cache, access, registry },
    evidence: {
      ...{ findings, signatures, ...(enabled && { wanted: lazyWanted(parts) }) },
      settingsRevision: (projectId) => revisionOf(rights, projectId),
      ...parts.evidence,
    },
  })
  return {
    guards: [policy.guard],
    listeners: [...(enabled ? [scanningListener(clock)] : []), signingListener, policy.listener],
    gates: [policy.gate],
    ...{ findings, signatures, policy },
    scanning: { findings, config, scanners: scannerParts(parts) },
    jobs: policy.jobs,
  }
}

function scannerParts({ config, secrets, clock }: ContentsParts): ScanningParts['scanners'] {
  return { secrets, clock, folder: join(resolve(config.data), 'scanners'), environment }
}

/** Of everything that a project says besides its rules: whom it trusts, and what it excepts. */
function revisionOf({ cache }: Pick<Rights, 'cache'>, projectId: number): MaybePromise<string> {
  return cache.remember(`contents:${projectId}`, async (executor) => {
    const documents = await listVex(executor, projectId)
    const said = [
      (await listAnchors(executor, projectId)).map(({ name, kind, body }) => [name, kind, body]),
      await listExceptions(executor, projectId),
      documents.map(({ id }) => id),
    ]
    return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16)
  })
}

function lazyFindings({ database, clock, rights }: ContentsParts): FindingsSource {
  const load = once(async () => {
    const { createFindings } = await import('./scanning/report.ts')
    const { ProjectJudgements } = await import('./scanning/judgements.ts')
    return createFindings({ database, clock, judgements: new ProjectJudgements(rights.cache, rights.access) })
  })
  return { reportOf: async (spot, digest) => (await load()).reportOf(spot, digest) }
}

function lazySignatures({ registry, rights }: ContentsParts): SignatureSource {
  const load = once(async () => {
    const { signaturesFor } = await import('./signing/signatures.ts')
    return signaturesFor(registry(), rights.access)
  })
  return { signaturesOf: async (spot, digest) => (await load()).signaturesOf(spot, digest) }
}

function lazyWanted({ registry, log }: ContentsParts): NonNullable<Evidence['wanted']> {
  const load = once(async () => {
    const { WantedImages } = await import('./scanning/wanted-images.ts')
    return new WantedImages(registry(), log)
  })
  return async (image, bring) => (await load()).want(image, bring)
}
