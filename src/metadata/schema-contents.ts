import type { Generated } from 'kysely'
import type { Digest } from '../oci/digest.ts'

/** What is inside of images, who signed them, and what follows from it. Times are milliseconds since 1970. */
export interface ContentsTables {
  /** What was found in a layer: it never changes, so it is read once, whoever has it. */
  layer_inventories: {
    digest: Digest
    /** Which analyzer read it: a newer one reads it again. */
    analyzer: number
    state: string
    /** JSON, compressed: `LayerInventory` without its files. */
    content: Uint8Array
    /** Compressed: every path of the layer. */
    files: Uint8Array
    analyzed_at: number
  }
  /** An image, or an index, whose inventory is known: of all repositories that have it. */
  images: {
    id: Generated<number>
    digest: Digest
    analyzer: number
    state: string
    /** JSON: `ImageFacts`. */
    facts: string
    /** JSON, compressed: its packages with where they lie. */
    content: Uint8Array
    packages: number
    analyzed_at: number
  }
  /** Each package once, however many images have it. */
  packages: {
    id: Generated<number>
    purl: string
    type: string
    name: string
    version: string
    /** Under which name advisories speak of it: `Debian:12`, `npm`; empty: nobody does. */
    ecosystem: string
    advisory_name: string
    advisory_version: string
    /** The vulnerability data that it was matched with last; empty: none yet. */
    matched_with: Generated<string>
    /** 1: records speak of it, and its version is none that could be compared with theirs. */
    unclear: Generated<number>
  }
  image_packages: { image_id: number; package_id: number }
  /** Vulnerabilities that some package here has, as those of its ecosystem see it. `content`: JSON. */
  vulnerabilities: { id: string; ecosystem: string; content: string; modified_at: number }
  /** Which package has which of them, by the data of the last match. */
  package_matches: {
    package_id: number
    vulnerability: string
    /** The record that says so: `GO-2023-1234`. */
    advisory: string
    fixed_version: string | null
    severity: number
    /** When this was first found here: days of grace count from then. */
    first_seen_at: number
  }
  /** Images that wait to be looked into. */
  scan_queue: {
    digest: Digest
    attempts: Generated<number>
    due_at: number
    problem: string | null
  }
  /** What a scanner that is not ours said of an image. `raw`: as it came, compressed. */
  scan_reports: {
    digest: Digest
    scanner: string
    state: string
    content: string
    raw: Uint8Array | null
    scanned_at: number
  }
  /** Scanners that are not ours. `settings`: JSON; `secret`: sealed. */
  scanners: {
    id: Generated<number>
    name: string
    kind: string
    settings: string
    secret: string | null
    enabled: number
    created_by: string
    created_at: number
  }
  /** Images of other registries that they want to be looked into. `request`: JSON; `secret`: sealed, until it is done. */
  foreign_scans: {
    id: string
    owner: string
    request: string
    secret: string | null
    state: 'waiting' | 'done' | 'failed'
    attempts: Generated<number>
    /** Why it failed. */
    problem: string | null
    /** JSON, compressed. */
    content: Uint8Array | null
    created_at: number
  }
  /** Findings that somebody judged to be none, with a reason and an end. Empty patterns mean all. */
  vulnerability_exceptions: {
    id: Generated<number>
    project_id: number
    repositories: string
    vulnerability: string
    package: string
    reason: string
    expires_at: number
    created_by: string
    created_at: number
  }
  /** OpenVEX documents. */
  vex_documents: {
    id: Generated<number>
    project_id: number
    repositories: string
    content: string
    created_by: string
    created_at: number
  }
  /** Who is trusted to sign. `body`: JSON by `kind`. */
  trust_anchors: {
    id: Generated<number>
    project_id: number
    name: string
    kind: string
    body: string
    created_by: string
    created_at: number
  }
  /** Signatures of a manifest, verified. `revision`: of what was trusted then; `valid_until`: null for good. */
  signature_results: {
    repository_id: number
    digest: Digest
    revision: string
    content: string
    valid_until: number | null
    checked_at: number
  }
  policy_rules: {
    id: Generated<number>
    project_id: number
    name: string
    repositories: string
    mode: string
    body: string
    created_by: string
    created_at: number
  }
  policy_exemptions: {
    id: Generated<number>
    project_id: number
    name: string
    /** Null: of every rule. */
    rule_id: number | null
    repositories: string
    /** Null: every image. */
    digest: Digest | null
    reason: string
    expires_at: number
    created_by: string
    created_at: number
  }
  /** What the rules say of a manifest: a pull reads this row and nothing else. */
  policy_verdicts: {
    repository_id: number
    digest: Digest
    /** Empty: it is not known, or not any more. */
    revision: string
    outcome: string
    body: string
    valid_until: number | null
    /** Raised when what it rests on changed: what was found before that is not written down after it. */
    epoch: Generated<number>
  }
}
