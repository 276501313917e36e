import type { RepositoryName } from '../oci/name.ts'
import type { Principal } from './principal.ts'
import type { TokenService } from './token-service.ts'

/**
 * Whoever other scanners pull as: there is no row and no secret of it, so nobody can sign in as it. Only tokens that we
 * make ourselves are its, each for pulling from one repository.
 */
export const SCANNER: Principal = { id: 'system:scanner', kind: 'robot', name: 'scanner' }

export function isScanner({ id }: Pick<Principal, 'id'>): boolean {
  return id === SCANNER.id
}

/** A header's value with which a scanner may pull from this repository, for as long as a token is good. */
export async function scannerAuthorization(
  tokens: Pick<TokenService, 'issue'>,
  repository: RepositoryName,
): Promise<string> {
  const { token } = await tokens.issue(SCANNER, [{ type: 'repository', name: repository, actions: ['pull'] }])
  return `Bearer ${token}`
}
