import { isLoopback, parseListenAddress } from '../../lib/addresses.ts'
import { splitUrl } from './credentials.ts'
import type { Draft } from './draft.ts'
import { fromGoDuration } from './go-duration.ts'

const WITHOUT: Readonly<Record<string, string>> = {
  'http.net': 'nothing: it listens on TCP',
  'http.secret': 'nothing: no state is kept with clients, so nothing has to be signed',
  'http.relativeurls': 'nothing: addresses of uploads are always relative',
  'http.debug.addr': 'nothing: /healthz, /readyz and /metrics are at the address of the registry',
  'http.debug.prometheus':
    'nothing: /metrics is always there, for users and this machine; metrics.public for everybody',
  'http.headers':
    'nothing: a proxy in front may add headers; "X-Content-Type-Options: nosniff" comes with what was pushed',
  'http.http2': 'nothing: HTTP/2 is offered with TLS, and clients choose',
  'http.h2c': 'nothing: HTTP/2 needs TLS',
  'http.tls.minimumtls': 'nothing: TLS 1.2 and 1.3 are spoken',
  'http.tls.ciphersuites': 'nothing: the suites are those of BoringSSL',
}

export function convertHttp(draft: Draft): void {
  const { keys } = draft
  for (const [key, became] of Object.entries(WITHOUT)) keys.say(key, became)
  const host = keys.text('http.host')
  if (host !== undefined) draft.set('externalUrl', splitUrl(host).url)
  keys.say('http.host', 'externalUrl')
  convertPrefix(draft)
  convertDrain(draft)
  convertTls(draft)
  convertListen(draft)
}

function convertListen(draft: Draft): void {
  const { keys } = draft
  draft.copy('http.addr', 'listen')
  if (keys.text('http.net') === 'unix') draft.refuse('http.net', 'it listens on TCP only: use HOST:PORT in http.addr')
  const address = keys.text('http.addr')
  const isPlain = !keys.has('http.tls.certificate') && !keys.has('http.tls.letsencrypt')
  if (!draft.options.isWhole || !isPlain || address === undefined || isLocal(address)) return
  draft.set('insecureHttp', true)
  keys.say(
    'http.addr',
    'listen, and insecureHttp: passwords and images cross the network in the clear without http.tls',
  )
}

function isLocal(address: string): boolean {
  try {
    return isLoopback(parseListenAddress(address).host)
  } catch {
    // What is wrong with it is said when the result is read.
    return true
  }
}

/** A path before /v2/ is for proxies here. */
function convertPrefix(draft: Draft): void {
  const prefix = draft.keys.text('http.prefix') ?? '/'
  if (prefix === '/') draft.keys.say('http.prefix', 'nothing: the registry is at the root of its address')
  else draft.refuse('http.prefix', 'the registry is at the root of its address: let a proxy in front take the path off')
}

function convertDrain(draft: Draft): void {
  const text = draft.keys.text('http.draintimeout')
  const drain = text === undefined ? undefined : fromGoDuration(text)
  if (drain !== undefined) draft.set('shutdown.drain', drain)
  draft.keys.say(
    'http.draintimeout',
    drain === undefined ? 'nothing: it is no time that is understood' : 'shutdown.drain',
  )
}

function convertTls(draft: Draft): void {
  const { keys } = draft
  draft.copy('http.tls.certificate', 'tls.cert')
  draft.copy('http.tls.key', 'tls.key')
  convertClientAuthorities(draft)
  const letsEncrypt = 'http.tls.letsencrypt'
  const how =
    'no certificate is asked for here: let an ACME client (certbot, lego) write one, and name its files in tls.cert and tls.key, which are read again when they change'
  // With a certificate distribution does not ask for one either.
  if (keys.has('http.tls.certificate')) keys.say(letsEncrypt, 'nothing: there is a certificate')
  else if (isUsed(keys.value(`${letsEncrypt}.hosts`), keys.text(`${letsEncrypt}.cachefile`)))
    draft.refuse(letsEncrypt, how)
  else keys.say(letsEncrypt, `nothing: ${how}`)
}

function isUsed(hosts: unknown, cacheFile: string | undefined): boolean {
  return cacheFile !== undefined || (Array.isArray(hosts) && hosts.length > 0)
}

function convertClientAuthorities(draft: Draft): void {
  const { keys } = draft
  const files = keys.value('http.tls.clientcas')
  const [file, ...more] = Array.isArray(files) ? files : []
  keys.say('http.tls.clientcas', 'tls.clientCa')
  keys.say('http.tls.clientauth', 'nothing: with tls.clientCa every client must show a certificate of theirs')
  if (more.length > 0) draft.refuse('http.tls.clientcas', 'tls.clientCa is one file: put all the certificates into it')
  else if (typeof file === 'string') draft.set('tls.clientCa', file)
  const wanted = keys.text('http.tls.clientauth') ?? ''
  if (file !== undefined && !['', 'require-and-verify-client-cert'].includes(wanted))
    draft.refuse(
      'http.tls.clientauth',
      'clients that may come without a certificate are not told apart: leave out clientcas',
    )
}
