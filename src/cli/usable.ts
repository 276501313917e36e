import { readHtpasswd } from '../auth/htpasswd.ts'
import { repeatedNames } from '../config/sign-in.ts'
import { requireSoundProviders } from '../auth/providers.ts'
import type { Config } from '../config/schema.ts'
import { loadTlsFiles } from '../http/tls-files.ts'
import { isLoopback } from '../lib/addresses.ts'
import { systemClock } from '../lib/clock.ts'
import { parseNetworks } from '../lib/networks.ts'
import { processLog } from './serving.ts'

/** What a configuration needs besides being well formed. @throws Error with a sentence for people */
export async function requireUsable(config: Config): Promise<void> {
  refuseOpenHttp(config)
  if (config.tls !== undefined) loadTlsFiles(config.tls)
  const { htpasswd } = config.auth
  if (htpasswd !== undefined) readHtpasswd(htpasswd.path)
  const [repeated] = repeatedNames(config.auth)
  if (repeated !== undefined)
    throw new Error(`auth: "${repeated}" is the name of two providers; groups and accounts are told apart by it`)
  parseNetworks(config.trustedProxies)
  await requireSoundProviders(config, systemClock, processLog(config))
}

function refuseOpenHttp({ listen, tls, insecureHttp }: Config): void {
  if (tls !== undefined || insecureHttp || isLoopback(listen.host)) return
  throw new Error(
    `${listen.text} can be reached from other machines, and without TLS passwords and images would cross the network in the clear. Give a certificate (--tls-cert, --tls-key), listen on 127.0.0.1 behind a proxy, or say --insecure-http.`,
  )
}
