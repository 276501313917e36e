/** A person or machine that a provider vouches for. */
export interface Identity {
  /** Who vouches: `local`, `htpasswd`, or a name from the configuration. */
  readonly provider: string
  /** What the provider calls it for ever, whatever its name becomes. */
  readonly subject: string
  /** As the provider writes it; made fit for us when it first signs in. */
  readonly name: string
  /** Only when the provider vouches for it. */
  readonly email?: string | undefined
  /** All groups it is in now, by the provider's own names; undefined: the provider knows no groups. */
  readonly groups?: readonly string[]
}

/** Checks a name and password. */
export interface IdentityProvider {
  readonly name: string
  /**
   * Undefined when it does not vouch, because the name is unknown or the password wrong.
   * @throws Error when it cannot be asked at the moment
   */
  verify(username: string, password: string): Promise<Identity | undefined>
  /**
   * Called when nobody vouched: does what a wrong password would have cost where the name was unknown, and nothing where
   * it was known, so that the two take equally long.
   */
  pretend?(username: string, password: string): Promise<void>
  /**
   * Asks again about somebody who signed in before, without a password. Undefined: it vouches no more.
   * @throws Error when the provider cannot be asked at the moment
   */
  refresh?(subject: string): Promise<Identity | undefined>
}
