import { isIP } from 'node:net'
import { kindOfAddress } from '../client/address-kind.ts'
import type { RegistryEvent } from '../events/event.ts'
import { isLoopback } from '../lib/addresses.ts'
import { matchesPattern } from '../lib/name-pattern.ts'
import { Problem } from '../lib/problem.ts'

export const SHAPES = ['cloudevents', 'distribution', 'harbor', 'slack'] as const
export type Shape = (typeof SHAPES)[number]

export interface WebhookSettings {
  /** Exactly these, or what begins with one that ends with a point; empty: all. */
  readonly types: readonly string[]
  /** Patterns of whole names; empty: any. */
  readonly repositories: string
  readonly tags: string
  readonly shape: Shape
  readonly allowPrivate: boolean
  readonly insecureHttp: boolean
}

export interface Webhook {
  readonly id: number
  /** Undefined: of the whole registry. */
  readonly projectId: number | undefined
  readonly url: string
  readonly settings: WebhookSettings
  readonly sealedSecret: string | undefined
  readonly isEnabled: boolean
  readonly createdAt: Date
  readonly position: number
  readonly attempts: number
  readonly failingSince: Date | undefined
  readonly dueAt: Date
}

/** Its secret opens for this webhook only. */
export function purposeOf({ id }: Pick<Webhook, 'id'>): string {
  return `webhook ${id} secret`
}

/** Whether it was made for such events; whose project they are of is looked at elsewhere. */
export function wants({ types, repositories, tags }: WebhookSettings, event: RegistryEvent): boolean {
  if (types.length > 0 && !types.some((type) => isOfType(event.type, type))) return false
  if (repositories !== '' && !matchesPattern(repositories, event.repository ?? '')) return false
  return tags === '' || event.tags.some((tag) => matchesPattern(tags, tag))
}

function isOfType(type: string, wanted: string): boolean {
  return wanted.endsWith('.') ? type.startsWith(wanted) : type === wanted
}

/** Names are resolved, and looked at, when a connection is opened; a plain address is judged at once. @throws Problem */
export function parseWebhookUrl(text: string, { allowPrivate, insecureHttp }: WebhookSettings): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || text.length > 1000)
    throw new Problem('invalid', 'the address of a webhook is a URL, for example https://ci.example/hook')
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw new Problem('invalid', 'the address of a webhook holds no user name, password or "#"')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (url.protocol === 'http:' && !insecureHttp && !isLoopback(host))
    throw new Problem(
      'invalid',
      'events would travel unencrypted to this address: use https, or allow it (insecureHttp)',
    )
  const kind = isIP(host) === 0 ? (isLoopback(host) ? 'private' : 'public') : kindOfAddress(host)
  if (kind !== 'public' && !allowPrivate)
    throw new Problem('invalid', `${host} is not a public address: an administrator may allow it (allowPrivate)`)
  return url.href
}
