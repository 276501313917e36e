import { parseRegistryHost } from '../../client/registry-address.ts'
import { isLoopback } from '../../lib/addresses.ts'
import { UsageError } from '../exit-codes.ts'

export interface ServerAddress {
  /** As sign-ins are kept by: `registry.example`. */
  readonly host: string
  readonly origin: string
}

/** Without a scheme it is https, and http on this machine. @throws UsageError */
export function parseServer(text: string, insecureHttp: boolean): ServerAddress {
  const { host, scheme } = parsedHost(text)
  const isLocal = isLoopback(new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1'))
  const { origin } = new URL(`${scheme ?? (isLocal ? 'http' : 'https')}://${host}`)
  if (origin.startsWith('http:') && !isLocal && !insecureHttp)
    throw new UsageError(
      `passwords would travel unencrypted to ${host}; if that is what you want, say --insecure-http, in a profile where the command has a meaning of its own for it`,
    )
  return { host, origin }
}

function parsedHost(text: string): ReturnType<typeof parseRegistryHost> {
  try {
    return parseRegistryHost(text)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
