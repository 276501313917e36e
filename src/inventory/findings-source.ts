import type { Digest } from '../oci/digest.ts'
import type { Spot } from '../registry/operation.ts'
import type { FindingsReport } from './finding.ts'

/** What is known of the vulnerabilities of an image, with what its project made of them. Rows only; nothing is read anew. */
export interface FindingsSource {
  reportOf(spot: Spot, digest: Digest): Promise<FindingsReport>
}
