import type { UploadIdentity } from '../metadata/uploads.ts'
import { formatUploadRange } from '../oci/range.ts'

/** What every answer about an unfinished upload carries: where it goes on, and how far it has come. */
export function uploadHeaders({ repository, id }: UploadIdentity, sizeBytes: number): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: formatUploadRange(sizeBytes),
    'docker-upload-uuid': id,
  }
}
