import { isLoopback } from '../lib/addresses.ts'
import type { Clock } from '../lib/clock.ts'
import { viaHeader } from '../lib/via.ts'
import type { ImageSource, ImageTarget } from '../registry/image-source.ts'
import { type AddressKind, kindOfAddress } from './address-kind.ts'
import { hostOf, type Resolve, resolveBySystem } from './guarded-connection.ts'
import { createGuardedEgress, EGRESS_TIMES, type EgressTimes, type GuardedEgress } from './guarded-egress.ts'
import { fetchBlob } from './remote-blobs.ts'
import { RemoteCalls } from './remote-calls.ts'
import { RemoteTagLists, remoteRepositories } from './remote-lists.ts'
import { fetchManifest, requireNoPage, resolveRemote } from './remote-manifests.ts'
import { RemotePace } from './remote-pace.ts'
import { RemoteReferrers } from './remote-referrers.ts'
import { hasRemoteBlob, RemoteManifestWriter } from './remote-target.ts'
import { mountRemoteBlob, putRemoteBlob } from './remote-uploads.ts'

/** Another registry, and how it may be spoken to. */
export interface RemoteOptions {
  /** `https://registry-1.docker.io`: scheme, host, port, and perhaps a path before `/v2/`. */
  readonly url: string
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
  /** Instead of credentials: a token that it gave to somebody who lent it to us. It goes to the registry's own address only. */
  readonly bearer?: string | undefined
  /** Authorities of its certificate, PEM, in place of the system's. */
  readonly ca?: string | undefined
  /** Whether it may be at an address of a private network (or of this machine): only where an operator said so. */
  readonly allowPrivate: boolean
  /** Plain HTTP to another machine. */
  readonly insecureHttp: boolean
  /** Hosts besides its own that our credentials may be sent to, for tokens: `auth.docker.io`. */
  readonly trustedHosts: readonly string[]
  /** Requests at a time. */
  readonly maxConcurrent: number
  /** Undefined: as many as are wanted. Whoever comes after that gets a `RemoteError` of kind rate-limited. */
  readonly requestsPerMinute?: number | undefined
  readonly clock: Clock
  /** What this process is called by registries of its kind, so that no request goes in circles; undefined: it passes none on. */
  readonly via?: string | undefined
}

/** What the other side says of our budget (`ratelimit-limit`, `ratelimit-remaining`), as of its last answer. */
export interface Budget {
  readonly limit: number | undefined
  readonly remaining: number | undefined
  readonly windowSeconds: number | undefined
  readonly seenAt: Date
}

export interface RemoteHealth {
  readonly budget: Budget | undefined
  /** Requests since the process started, by what became of them. */
  readonly requests: number
  readonly failures: number
  /** For people; undefined: the last request was answered. */
  readonly lastProblem: { readonly message: string; readonly at: Date } | undefined
  /** Not asked before then: it said so, or failed again and again. */
  readonly pausedUntil: Date | undefined
  /** Whether it took our credentials when they were last shown to it; undefined: it did not see any yet. */
  readonly signedIn: boolean | undefined
}

/** Another registry as a place that images come from and go to. One instance keeps the tokens and the budget of all its users. */
export interface RemoteRegistry extends ImageSource, ImageTarget {
  /** Signs in, where there are credentials. @throws RemoteError */
  ping(signal?: AbortSignal): Promise<void>
  health(): RemoteHealth
}

/** What tests put in the place of the world. */
export interface RemoteSurroundings {
  readonly resolve?: Resolve
  readonly kindOf?: (address: string) => AddressKind
  readonly times?: Partial<EgressTimes>
  /** Between 0 and 1. */
  readonly random?: () => number
}

/** @throws Error with a sentence for people: the address is not one */
export function openRemoteRegistry(options: RemoteOptions, surroundings: RemoteSurroundings = {}): RemoteRegistry {
  const base = parseRemoteUrl(options.url, options.insecureHttp)
  const { resolve = resolveBySystem, kindOf = kindOfAddress, times, random = Math.random } = surroundings
  const { allowPrivate, insecureHttp, ca, clock, maxConcurrent, credentials, bearer, trustedHosts } = options
  const allTimes = { ...EGRESS_TIMES, ...times }
  const rules = { origin: base, allowPrivate, insecureHttp, ca, resolve, kindOf }
  const egress = sayingVia(options.via, createGuardedEgress(rules, allTimes))
  const pace = new RemotePace(base.host, clock, options.requestsPerMinute)
  const calls = new RemoteCalls({
    ...{ base, egress, pace, maxConcurrent, credentials, bearer, trustedHosts, clock, random },
    queueMs: allTimes.queueMs,
  })
  const referrers = new RemoteReferrers(calls, clock)
  const tags = new RemoteTagLists(calls)
  const writer = new RemoteManifestWriter(calls, referrers)
  return {
    label: base.host,
    resolve: (name, reference, signal) => resolveRemote(calls, name, reference, signal),
    manifest: (name, reference, signal) => fetchManifest(calls, name, reference, signal),
    blob: (name, digest, part) => fetchBlob(calls, { name, digest, ...part }),
    tagPage: (name, page, signal) => tags.page(name, page, signal),
    referrers: (name, subject, signal) => referrers.list(name, subject, signal),
    lacksReferrersApi: () => referrers.lacksApi,
    repositories: (signal) => remoteRepositories(calls, signal),
    hasBlob: (name, digest, signal) => hasRemoteBlob(calls, name, digest, signal),
    mountBlob: (name, digest, from, signal) => mountRemoteBlob(calls, { name, digest, from, signal }),
    putBlob: (name, blob, open, signal) => putRemoteBlob(calls, { name, blob, open, signal }),
    putManifest: (name, manifest, names, signal) => writer.put({ name, manifest, tags: names, signal }),
    deleteTag: (name, tag, signal) => writer.deleteTag(name, tag, signal),
    ping: (signal) => ping(calls, signal),
    health: () => ({ ...pace.health(), signedIn: calls.signedIn }),
  }
}

function sayingVia(self: string | undefined, egress: GuardedEgress): GuardedEgress {
  if (self === undefined) return egress
  return (request) => egress({ ...request, headers: { ...request.headers, via: viaHeader(self) } })
}

/** @throws Error with a sentence for people */
function parseRemoteUrl(text: string, insecureHttp: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url === undefined || !isWeb || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw new Error('the address of a registry is like https://registry.example, with no password or query in it')
  if (url.protocol === 'http:' && !insecureHttp && !isLoopback(hostOf(url)))
    throw new Error(`${url.host} would be asked without encryption; allow plain http for it if that is what you want`)
  return url
}

/** end-1. */
async function ping(calls: RemoteCalls, signal: AbortSignal | undefined): Promise<void> {
  const answer = await calls.call({ method: 'GET', path: '/v2/', scopes: [], expects: [200], signal })
  await answer.discard()
  requireNoPage(answer, calls.label)
}
