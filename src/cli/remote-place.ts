import { reachRegistry } from '../client/registry-address.ts'
import { openRemoteRegistry, type RemoteRegistry } from '../client/remote-registry.ts'
import { isLoopback } from '../lib/addresses.ts'
import { systemClock } from '../lib/clock.ts'
import { findPreset } from '../remotes/presets.ts'
import { findDockerLogin, readLoginFile } from './docker-logins.ts'
import { surroundings } from './user-surroundings.ts'

export interface RemoteFlags {
  /** A file of `USER:PASSWORD`; undefined: what docker would sign in with. */
  readonly credsFile: string | undefined
  readonly insecureHttp: boolean
  readonly maxConcurrent: number
}

/** A registry that somebody at a terminal named. Its address may be a private one: who names it may reach it anyway. */
export async function openRegistryPlace(host: string, flags: RemoteFlags): Promise<RemoteRegistry> {
  const { credsFile, insecureHttp, maxConcurrent } = flags
  const known = findPreset(host) ?? { url: await addressOf(host, insecureHttp), trustedHosts: [] }
  const credentials =
    credsFile === undefined ? await findDockerLogin(surroundings(), host) : await readLoginFile(credsFile)
  return openRemoteRegistry({
    ...{ url: known.url, trustedHosts: known.trustedHosts, credentials, maxConcurrent },
    ...{ allowPrivate: true, insecureHttp, clock: systemClock },
  })
}

async function addressOf(host: string, insecureHttp: boolean): Promise<string> {
  const { hostname } = new URL(`https://${host}`)
  const mayBePlain = insecureHttp || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')) || hostname === 'localhost'
  return mayBePlain ? (await reachRegistry(host, insecureHttp)).origin : `https://${host}`
}
