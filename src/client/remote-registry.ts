import type { Clock } from '../lib/clock.ts'
import type { ImageSource, ImageTarget } from '../registry/image-source.ts'

/** Another registry, and how it may be spoken to. */
export interface RemoteOptions {
  /** `https://registry-1.docker.io`: scheme, host, port, and perhaps a path before `/v2/`. */
  readonly url: string
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
  /** Authorities of its certificate, PEM, in place of the system's. */
  readonly ca?: string | undefined
  /** Whether it may be at an address of a private network (or of this machine): only where an operator said so. */
  readonly allowPrivate: boolean
  /** Plain HTTP to another machine. */
  readonly insecureHttp: boolean
  /** Hosts besides its own that our credentials may be sent to, for tokens: `auth.docker.io`. */
  readonly trustedHosts: readonly string[]
  /** Requests at a time. */
  readonly maxConcurrent: number
  /** Undefined: as many as are wanted. Whoever comes after that gets a `RemoteError` of kind rate-limited. */
  readonly requestsPerMinute?: number | undefined
  readonly clock: Clock
}

/** What the other side says of our budget (`ratelimit-limit`, `ratelimit-remaining`), as of its last answer. */
export interface Budget {
  readonly limit: number | undefined
  readonly remaining: number | undefined
  readonly windowSeconds: number | undefined
  readonly seenAt: Date
}

export interface RemoteHealth {
  readonly budget: Budget | undefined
  /** Requests since the process started, by what became of them. */
  readonly requests: number
  readonly failures: number
  /** For people; undefined: the last request was answered. */
  readonly lastProblem: { readonly message: string; readonly at: Date } | undefined
  /** Not asked before then: it said so, or failed again and again. */
  readonly pausedUntil: Date | undefined
  /** Whether it took our credentials when they were last shown to it; undefined: it did not see any yet. */
  readonly signedIn: boolean | undefined
}

/** Another registry as a place that images come from and go to. One instance keeps the tokens and the budget of all its users. */
export interface RemoteRegistry extends ImageSource, ImageTarget {
  /** Signs in, where there are credentials. @throws RemoteError */
  ping(signal?: AbortSignal): Promise<void>
  health(): RemoteHealth
}

export function openRemoteRegistry(_options: RemoteOptions): RemoteRegistry {
  throw new Error('not written yet')
}
