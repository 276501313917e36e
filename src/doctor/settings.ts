import { isReachable } from '../access/anonymous.ts'
import { isLoopback } from '../lib/addresses.ts'
import type { Config } from '../config/schema.ts'
import { type Check, type Finding, reporter } from './finding.ts'

const { ok, warn } = reporter('configuration')

/** What is allowed and seldom meant. */
export const checkSettings: Check = async (config) => {
  const found = [openPush, plainHttp, foreignProxy, plainExternal, openMetrics, plainTraces].flatMap((rule) =>
    rule(config),
  )
  return found.length === 0 ? [ok('nothing in it is unusual')] : found
}

function openPush(config: Config): Finding[] {
  if (config.auth.anonymous !== 'push' || !isReachable(config)) return []
  return [warn('everybody who can reach this server may push and delete', 'Set auth.anonymous to pull or none.')]
}

function plainHttp({ listen, tls, trustedProxies }: Config): Finding[] {
  if (tls !== undefined || isLoopback(listen.host) || trustedProxies.length > 0) return []
  const advice = 'Give it a certificate (tls.cert, tls.key), or name the proxy in front in trustedProxies.'
  return [
    warn(`${listen.text} is plain HTTP, and no proxy in front is named: passwords can be read on the way`, advice),
  ]
}

/** Behind a proxy that is not named everybody comes from the proxy's address. */
function foreignProxy({ externalUrl, listen, trustedProxies }: Config): Finding[] {
  if (externalUrl === undefined || !isLoopback(listen.host) || trustedProxies.length > 0) return []
  return [
    warn(
      'a proxy seems to stand in front (externalUrl), and trustedProxies names none: limits and the audit see its address only',
      'Set trustedProxies to the addresses of the proxy.',
    ),
  ]
}

function plainExternal({ externalUrl }: Config): Finding[] {
  if (externalUrl === undefined || externalUrl.startsWith('https:') || isLoopback(new URL(externalUrl).hostname))
    return []
  return [warn('externalUrl is plain http: clients send their passwords in the clear', 'Serve it by https.')]
}

function openMetrics(config: Config): Finding[] {
  if (!config.metrics.public || !isReachable(config)) return []
  return [warn('everybody may read /metrics', 'Set metrics.public to false, and let Prometheus sign in.')]
}

function plainTraces({ traces: { endpoint, headersFile, insecureHttp } }: Config): Finding[] {
  if (endpoint?.startsWith('http:') !== true || isLoopback(new URL(endpoint).hostname)) return []
  const advice = 'Give the collector a certificate, and its address as https.'
  if (!insecureHttp) return [warn('the collector of traces is at plain http: nothing is sent there', advice)]
  return headersFile === undefined ? [] : [warn('the headers of the collector can be read on the way', advice)]
}
