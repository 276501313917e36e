import type { Finding, FindingsReport } from '../../../src/inventory/finding.ts'
import type { Severity } from '../../../src/packages/severity.ts'
import type { Evidence } from '../../../src/policy/evidence.ts'
import { parseDigest } from '../../../src/oci/digest.ts'
import type { SignatureReport } from '../../../src/trust/signature-source.ts'

/** What rules judge by, as a test says. */
export class FakeEvidence implements Evidence {
  readonly reports = new Map<string, FindingsReport>()
  readonly signed = new Map<string, SignatureReport>()
  revision = ''
  /** Thrown by everything. */
  outage: Error | undefined
  /** How often anything was asked. */
  asked = 0
  /** Awaited in the middle of every look at findings. */
  pause: (() => Promise<void>) | undefined

  readonly findings: Evidence['findings'] = {
    reportOf: async (_, digest) => {
      const report = this.reports.get(digest) ?? { state: 'complete', reasons: [], packages: 1, findings: [] }
      await this.#ask()
      return report
    },
  }

  readonly signatures: Evidence['signatures'] = {
    signaturesOf: async (_, digest) => {
      await this.#ask()
      return this.signed.get(digest) ?? { signatures: [], problems: [] }
    },
  }

  readonly settingsRevision = () => this.revision

  async #ask(): Promise<void> {
    this.asked++
    await this.pause?.()
    if (this.outage !== undefined) throw this.outage
  }

  vulnerable(digest: string, ...findings: readonly Finding[]): void {
    this.reports.set(digest, { state: 'complete', reasons: [], packages: 1, findings })
  }

  sign(digest: string, ...anchors: readonly string[]): void {
    const signature = { format: 'cosign', manifest: parseDigest(digest), signer: { name: 'key' }, checks: [] } as const
    this.signed.set(digest, { signatures: [{ ...signature, trustedBy: anchors }], problems: [] })
  }
}

export function finding(severity: Severity, firstSeen: Date, more: Partial<Finding> = {}): Finding {
  return {
    vulnerability: 'CVE-2024-3094',
    aliases: [],
    summary: '',
    severity,
    ratings: [],
    purl: 'pkg:deb/debian/xz-utils@5.6.0',
    package: 'xz-utils',
    version: '5.6.0',
    fixedVersion: '5.6.1',
    advisory: 'DSA-1',
    firstSeen,
    scanner: 'berth',
    ...more,
  }
}
