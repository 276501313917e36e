import type { RemoteRegistry } from '../client/remote-registry.ts'

/** Another registry that this one knows, without its password. */
export interface Remote {
  readonly id: number
  /** `docker.io`, `backup-site`. */
  readonly name: string
  readonly url: string
  readonly username: string | undefined
  /** Whether a password is known, here or in a file. */
  readonly hasPassword: boolean
  readonly allowPrivate: boolean
  readonly insecureHttp: boolean
  readonly trustedHosts: readonly string[]
  readonly maxConcurrent: number
  readonly requestsPerMinute: number | undefined
  readonly createdAt: Date
}

/** Remotes as features use them: one connection each, made again when what is known of it was changed. */
export interface Remotes {
  find(name: string): Promise<Remote | undefined>
  findById(id: number): Promise<Remote | undefined>
  /** @throws Problem when it is gone, or its password cannot be read */
  open(id: number): Promise<RemoteRegistry>
}
