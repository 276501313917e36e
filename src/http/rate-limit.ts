import type { Principal } from '../auth/principal.ts'
import type { Clock } from '../lib/clock.ts'
import { networkOf } from '../lib/networks.ts'
import { TokenBuckets } from '../lib/token-bucket.ts'
import { OciError } from '../oci/errors.ts'

/** Throws OciError TOOMANYREQUESTS with Retry-After for who asks too often; costs nothing where there is no limit. */
export interface RequestLimits {
  byAddress(address: () => string): void
  byPrincipal(principal: Principal): void
}

interface Rates {
  readonly perAddress: number
  readonly perPrincipal: number
  readonly burst: number
}

export function createRequestLimits({ perAddress, perPrincipal, burst }: Rates, clock: Clock): RequestLimits {
  const addresses = perAddress === 0 ? undefined : new TokenBuckets(perAddress, burst)
  const principals = perPrincipal === 0 ? undefined : new TokenBuckets(perPrincipal, burst)
  const now = () => clock.now().getTime()
  return {
    byAddress: (address) => {
      if (addresses !== undefined) requireNone(addresses.take(networkOf(address()), now()), 'this address')
    },
    byPrincipal: ({ id, kind, name }) => {
      if (principals !== undefined && kind !== 'anonymous') requireNone(principals.take(id, now()), name)
    },
  }
}

function requireNone(waitMs: number, who: string): void {
  if (waitMs === 0) return
  throw new OciError('TOOMANYREQUESTS', {
    message: `${who} asks too often (rateLimit); go on after the time in Retry-After`,
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  })
}
