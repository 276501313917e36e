import { OciError } from '../oci/errors.ts'
import type { RepositoryName } from '../oci/name.ts'

export function unknownRepository(name: RepositoryName): OciError {
  return new OciError('NAME_UNKNOWN', { message: `there is no repository "${name}"`, detail: { name } })
}
