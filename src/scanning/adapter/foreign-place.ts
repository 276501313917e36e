import type { RemoteOptions } from '../../client/remote-registry.ts'
import { Problem } from '../../lib/problem.ts'
import { parseRemoteUrl, requireAllowedAddress } from '../../remotes/remote-address.ts'
import { parseAuthorization } from '../external/said.ts'

/** Where somebody says that a registry is, and with what we may ask it. */
export interface SaidPlace {
  readonly registryUrl: string
  readonly authorization: string | undefined
}

export type ForeignPlace = Pick<RemoteOptions, 'url' | 'credentials' | 'bearer'>

/** Whoever asks chooses the address, so it is judged before anything is sent there. @throws Problem */
export function parseForeignPlace({ registryUrl, authorization }: SaidPlace, allowPrivate: boolean): ForeignPlace {
  const url = allowed(registryUrl, allowPrivate)
  if (authorization === undefined || authorization === '') return { url }
  const { username, password, token } = parseAuthorization(authorization)
  if (token !== undefined && /^[\x21-\x7e]+$/.test(token)) return { url, bearer: token }
  if (username === undefined || password === undefined)
    throw new Problem('invalid', 'the authorization of a registry is Basic or Bearer')
  return { url, credentials: { username, password } }
}

function allowed(text: string, allowPrivate: boolean): string {
  try {
    const url = parseRemoteUrl(text, allowPrivate)
    requireAllowedAddress(url, allowPrivate)
    return url
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw new Problem(
      'invalid',
      'this registry is not asked: its address is one at https, and not of a private network (scanning.adapterAllowPrivate)',
    )
  }
}
