import type { MaybePromise } from '../access/access-cache.ts'
import type { FindingsSource } from '../inventory/findings-source.ts'
import type { SignatureSource } from '../trust/signature-source.ts'

/** What rules judge by. Whatever throws is an outage: nobody is let through because of one. */
export interface Evidence {
  readonly findings: FindingsSource
  readonly signatures: SignatureSource
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
