/** A person or machine that a provider vouches for. */
export interface Identity {
  /** Unique and permanent, with the provider's name in it. */
  readonly id: string
  readonly name: string
}

/** Checks a name and password. */
export interface IdentityProvider {
  readonly name: string
  /** Undefined: I do not know that name, ask the next. Throws OciError UNAUTHORIZED: mine, and the password is wrong. */
  verify(username: string, password: string): Promise<Identity | undefined>
}
