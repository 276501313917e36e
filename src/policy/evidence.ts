import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { FindingsSource } from '../inventory/findings-source.ts'
import type { Digest } from '../oci/digest.ts'
import type { Manifest } from '../oci/manifest.ts'
import type { Spot } from '../registry/operation.ts'
import type { SignatureSource } from '../trust/signature-source.ts'

/** A manifest that is judged. */
export interface Subject {
  readonly spot: Spot
  readonly digest: Digest
  readonly manifest: Manifest
  /** Somebody waits for it. */
  readonly isPulled?: boolean
}

/** What rules judge by. Whatever throws is an outage: nobody is let through because of one. */
export interface Evidence {
  readonly findings: FindingsSource
  readonly signatures: SignatureSource
  /**
   * Somebody pulls an image of which findings are not known: has it looked into. With `bring` also what is missing of it
   * is brought, where it comes from elsewhere. True: it is on its way.
   */
  readonly wanted?: (image: Subject, bring: boolean) => Promise<boolean>
  /**
   * Another text after each change of what a project trusts and excepts, which counts as a change of rights
   * (`changeAccess`): verdicts are found anew then.
   */
  readonly settingsRevision: (projectId: number) => MaybePromise<string>
}

/** Of an image, as far as rules ask for it. */
export interface Facts {
  readonly labels: Readonly<Record<string, string>>
  readonly created?: string | undefined
  readonly base?: { readonly name?: string; readonly digest?: string } | undefined
}
