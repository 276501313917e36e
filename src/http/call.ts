import type { Principal } from '../auth/principal.ts'
import type { SignInContext } from '../auth/sign-in.ts'
import type { Actor } from '../lib/actor.ts'
import type { RepositoryName } from '../oci/name.ts'

/** One request on its way to a handler. */
export interface Call {
  readonly request: Request
  readonly id: string
  /** Path as sent, without the query. */
  readonly path: string
  /** Parsed anew at each use. */
  readonly query: URLSearchParams
  readonly principal: Principal
  /** The token endpoint's absolute address, as this client reaches it. */
  readonly realm: string
  /** `https://registry.example`, as this client reaches it. */
  readonly origin: string
  readonly fromLoopback: boolean
  /** Who does it, for the audit. */
  readonly actor: Actor
  /** Where credentials come from. */
  signInContext(purpose: SignInContext['purpose']): SignInContext
  /** Judges the request again, after a body that took its time. @throws OciError when it may not go on */
  stillAllowed(): Promise<void>
  /** Lifts the server's idle timeout: the handler watches over the time itself. */
  takeTheTime(): void
  /** Counts bytes of a body. */
  received(bytes: number): void
  /** What is found out on the way, for the log and traces. */
  learned(what: Learned): void
}

export interface Learned {
  /** The row of a table that answers, with `{name}` for parts of the path. */
  readonly route?: string
  /** Who it turned out to be. */
  readonly principal?: Pick<Principal, 'name'>
}

export interface RepositoryCall extends Call {
  readonly name: RepositoryName
}

/** `reference` is text from the path: a digest, a tag or an upload's id, not yet judged. */
export interface ReferenceCall extends RepositoryCall {
  readonly reference: string
}
