import { isLoopback } from '../lib/addresses.ts'
import { createEgress, type Egress, EgressError } from './egress.ts'
import { createPlainEgress } from './plain-egress.ts'

/** A registry that answered. */
export interface RegistryAddress {
  /** As image references and docker's settings have it: `registry.example`, `127.0.0.1:5000`. */
  readonly host: string
  readonly origin: string
  readonly ask: Egress
}

/** What stands before the first slash of an image reference. @throws Error with a sentence for people */
export function parseRegistryHost(text: string): { host: string; scheme: 'http' | 'https' | undefined } {
  const match = /^(?:(https?):\/\/)?((?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)\/?$/.exec(text)
  const [, scheme, host] = match ?? []
  if (host === undefined || !URL.canParse(`https://${host}`))
    throw new Error(`"${text.slice(0, 200)}" is not the host of a registry, for example registry.example:5000`)
  return { host: host.toLowerCase(), scheme: scheme === 'http' || scheme === 'https' ? scheme : undefined }
}

/**
 * Finds out whether the registry speaks HTTPS, without sending anything that is secret. Plain HTTP only on this machine,
 * or where somebody said so. `ca`: the authorities of its certificate, PEM. @throws Error with a sentence for people
 */
export async function reachRegistry(text: string, insecureHttp: boolean, ca?: string): Promise<RegistryAddress> {
  const { host, scheme } = parseRegistryHost(text)
  let problem: unknown
  for (const origin of originsOf(host, scheme, insecureHttp)) {
    const ask = insecureHttp && origin.startsWith('http:') ? createPlainEgress(origin) : createEgress({ origin, ca })
    try {
      const { headers } = await ask(`${origin}/v2/`)
      if (headers.has('docker-distribution-api-version')) return { host, origin, ask }
      problem ??= new EgressError(host, 'is not a container registry')
    } catch (error) {
      problem ??= error
    }
  }
  throw problem
}

function originsOf(host: string, scheme: string | undefined, insecureHttp: boolean): readonly string[] {
  // The same address as the browser sees it: a port that goes without saying is left out.
  const [https, http] = [new URL(`https://${host}`).origin, new URL(`http://${host}`).origin]
  const local = isLoopback(new URL(https).hostname.replace(/^\[(.*)\]$/, '$1'))
  if (scheme === 'http' && !local && !insecureHttp)
    throw new Error(`passwords would travel unencrypted to ${host}; say --insecure-http if that is what you want`)
  if (scheme !== undefined) return [scheme === 'http' ? http : https]
  if (local) return [http, https]
  return insecureHttp ? [https, http] : [https]
}
