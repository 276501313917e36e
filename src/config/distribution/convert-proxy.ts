import { isIP } from 'node:net'
import { isLoopback } from '../../lib/addresses.ts'
import { isWithin, parseNetworks } from '../../lib/networks.ts'
import { splitUrl } from './credentials.ts'
import type { Draft } from './draft.ts'

/** RFC 1918, loopback, shared, link-local and unique local addresses. */
const PRIVATE = parseNetworks([
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16'],
  ...['::1', 'fc00::/7', 'fe80::/10'],
])

/** An upstream is no configuration here but a remote and a source, of which there may be many. */
export function convertProxy(draft: Draft): void {
  const { keys } = draft
  const given = keys.text('proxy.remoteurl')
  keys.sayAlone('proxy', 'nothing: there is no upstream')
  if (given === undefined) return
  const { url, username: inUrl, hadPassword } = splitUrl(given)
  const name = remoteNameOf(url)
  const username = keys.text('proxy.username') ?? inUrl
  const namespace = keys.text('proxy.remotenamespace')
  const signIn = username === undefined ? '' : ` --username ${quoted(username)} --password-file FILE`
  const prefix = namespace === undefined ? '' : ` --prefix ${quoted(`${namespace.replace(/\/+$/, '')}/`)}`
  draft.run(`berth remote add ${name} ${quoted(url)}${signIn}${networkFlags(url)}`)
  draft.run(`berth source add --registry ${name}${prefix}`)
  keys.say(
    'proxy.remoteurl',
    `a remote and a source of the whole registry: the commands below, to be run once${hadPassword ? '; its password goes into the file of --password-file' : ''}. Where its name leads to a private network, "berth remote add" needs --allow-private too`,
  )
  keys.say('proxy.username', '--username of "berth remote add", below')
  keys.say('proxy.password', 'the file of --password-file of "berth remote add", below: write it there')
  keys.say('proxy.remotenamespace', '--prefix of "berth source add", below')
  keys.say(
    'proxy.ttl',
    'nothing: what was pulled stays as long as it is used; gc.untagged and "berth retention" say what goes, and --fresh of "berth source add" how often a tag is compared',
  )
  keys.say('proxy.exec', 'nothing: a program that renews a password may write it to the file of --password-file')
}

/** What distribution did without being asked. Names are not looked up: the machine that serves may know them, and others not. */
function networkFlags(text: string): string {
  if (!URL.canParse(text)) return ''
  const { protocol, hostname } = new URL(text)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const isHere = isLoopback(host)
  // Names without a dot, and those of no public zone, are of a network of one's own.
  const isPrivate =
    isHere ||
    (isIP(host) === 0 ? /^[^.]+$|\.(?:local|localhost|internal|lan|home\.arpa)$/.test(host) : isWithin(host, PRIVATE))
  return `${isPrivate ? ' --allow-private' : ''}${protocol === 'http:' && !isHere ? ' --insecure-http' : ''}`
}

function remoteNameOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : ''
  if (host === 'registry-1.docker.io') return 'docker.io'
  return /^[a-z0-9][a-z0-9.-]*$/.test(host) ? host : 'upstream'
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w.:/@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
