import type { Rights } from '../access/rights.ts'
import type { Config } from '../config/schema.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Job } from '../jobs/job.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../metadata/db.ts'
import type { Log } from '../observability/log.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import { DeviceCodes } from './device-codes.ts'
import { FailedSignIns } from './failed-sign-ins.ts'
import { KeyUse } from './key-use.ts'
import type { OidcProvider } from './oidc.ts'
import { removeExpiredAttempts } from './oidc-attempt-store.ts'
import { PasswordCheck } from './password-check.ts'
import { People } from './people.ts'
import { identityProviders, oidcProviders } from './providers.ts'
import { RefreshTokens } from './refresh-tokens.ts'
import { SignIn } from './sign-in.ts'
import { rotateTokenKeysJob, TokenKeys } from './token-keys.ts'
import { TokenService } from './token-service.ts'
import { Vouching } from './vouching.ts'
import { WebSessions } from './web-sessions.ts'
import { createWorkloadIssuers } from './workload.ts'
import { matchesRule } from './workload-rule.ts'
import { Workloads } from './workloads.ts'

interface SigningInParts {
  readonly config: Config
  readonly database: Database
  readonly recorder: Recorder
  readonly clock: Clock
  readonly log: Log
  readonly rights: Rights
}

/** Every way to prove who one is, put together. */
export interface SigningIn {
  readonly authenticator: Authenticator
  readonly signIn: SignIn
  readonly people: People
  readonly tokens: TokenService
  readonly refreshTokens: RefreshTokens
  readonly sessions: WebSessions
  readonly devices: DeviceCodes
  readonly oidc: readonly OidcProvider[]
  readonly jobs: readonly Job[]
  /** Told of a provider that could not be asked. */
  readonly onOutage: (provider: string, error: unknown) => void
}

export async function createSigningIn(parts: SigningInParts): Promise<SigningIn> {
  const { config, database, recorder, clock, log, rights } = parts
  const { cache, accounts, access, authorizer } = rights
  const { workload, refreshTokens: lifetimes } = config.auth
  const onOutage = (provider: string, error: unknown) =>
    log.error('a sign-in provider cannot be asked', { provider, error })
  const apiKeys = new KeyUse(cache)
  const people = new People({ database, cache, recorder, clock })
  const passwords = new PasswordCheck()
  const failed = new FailedSignIns(clock)
  const providers = await identityProviders({ config, database, passwords, clock, log })
  const verifier = createWorkloadIssuers({ issuers: workload, defaultAudience: config.externalUrl, clock, log })
  const workloads = new Workloads({ verifier, matches: matchesRule, cache, accounts, clock, log })
  const vouching = new Vouching({ database, people, providers, clock, onOutage })
  const signIn = new SignIn({
    ...{ database, providers, passwords, failed, accounts },
    ...{ people, workloads, vouching, recorder, clock, onOutage },
  })
  const keys = new TokenKeys(database, clock)
  const tokens = new TokenService({ keys, authorizer, accounts, access, apiKeys, clock })
  const refreshTokens = new RefreshTokens({
    ...{ database, accounts, apiKeys, vouching, clock },
    idleMs: lifetimes.idle,
    externalMs: lifetimes.external,
  })
  const sessions = new WebSessions({ database, accounts, vouching, clock })
  const devices = new DeviceCodes({ database, accounts, failed, recorder, clock })
  const expire: Job = {
    name: 'expire-sign-ins',
    about: 'Forgets sign-ins, sessions and device codes that are over.',
    everyMs: 60 * 60_000,
    run: async () => {
      for (const expiring of [refreshTokens, sessions, devices]) await expiring.removeExpired()
      await database.writeQuietly((tx) => removeExpiredAttempts(tx, clock.now()))
    },
  }
  return {
    authenticator: createAuthenticator({ signIn, tokens }),
    ...{ signIn, people, tokens, refreshTokens, sessions, devices, onOutage },
    oidc: await oidcProviders(config, clock, log),
    jobs: [rotateTokenKeysJob(keys), expire],
  }
}
