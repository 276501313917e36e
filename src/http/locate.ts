import type { RepositoryName } from '../oci/name.ts'
import type { OciPath } from './oci-path.ts'

/** Which repository a request means. */
export interface LocateRequest {
  readonly name: RepositoryName
  /** Whether it only reads: what is pushed goes where its name says. */
  readonly isPull: boolean
  /** `?ns=`: the registry that the client would have asked without us as its mirror (distribution-spec, "Registry Proxying"). */
  readonly namespace: string | undefined
  /** Under which we were reached. */
  readonly host: string | undefined
}

export interface Located {
  readonly name: RepositoryName
  /** That the answer is from. */
  readonly namespace?: string | undefined
}

/** Finds the repository that a client of a mirror means. @throws OciError NAME_UNKNOWN for a namespace that is not mirrored */
export type Locate = (request: LocateRequest) => Located | Promise<Located>

const MIRRORED: ReadonlySet<OciPath['kind']> = new Set(['manifest', 'blob', 'tags', 'referrers'])

export function isPull(kind: OciPath['kind'], method: string): boolean {
  return (method === 'GET' || method === 'HEAD') && MIRRORED.has(kind)
}

/** The header that says so. */
export function namespaceHeader({ namespace }: Located): Readonly<Record<string, string>> {
  return namespace === undefined ? {} : { 'oci-namespace': namespace }
}
