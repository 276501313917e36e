import type { RegistryEvent } from '../events/event.ts'
import type { Shape } from './webhook.ts'

export interface Message {
  readonly mediaType: string
  readonly body: string
}

/** What the manifest is that an event is about. */
export interface Content {
  readonly mediaType: string
  readonly sizeBytes: number
}

export interface Told {
  readonly event: RegistryEvent
  /** Who says it. */
  readonly source: string
  /** Undefined: it is gone, or the shape does not tell it. */
  readonly content: Content | undefined
}

/** Undefined: the shape has no words for such an event, and its receivers are not told. */
export function messageOf(shape: Shape, told: Told): Message | undefined {
  return MAKERS[shape](told)
}

const MAKERS: Readonly<Record<Shape, (told: Told) => Message | undefined>> = {
  cloudevents: cloudEvent,
  distribution: distributionEvents,
  harbor: harborEvent,
  slack: slackMessage,
}

/** CloudEvents 1.0, structured mode of its HTTP binding. */
function cloudEvent({ event, source }: Told): Message {
  const { id, at, type, target, repository, digest, tags, actor, detail } = event
  return messageAs('application/cloudevents+json', {
    ...{ specversion: '1.0', id: String(id), source, type: `berth.${type}`, time: at.toISOString() },
    ...{ subject: repository ?? target, datacontenttype: 'application/json' },
    data: { target, repository, digest, tags, actor, detail },
  })
}

/** What distribution calls it, of what happens to manifests and tags. */
const ACTIONS: Readonly<Record<string, 'push' | 'delete'>> = {
  'manifest.pushed': 'push',
  'manifest.restored': 'push',
  'tag.moved': 'push',
  'manifest.deleted': 'delete',
  'tag.deleted': 'delete',
  'repository.deleted': 'delete',
}

/** The envelope of distribution's notifications: one event for each tag, or for each digest that was deleted. */
function distributionEvents(told: Told): Message | undefined {
  const { event, source, content } = told
  const { id, at, type, repository, tags, actor } = event
  const action = ACTIONS[type]
  if (action === undefined || repository === undefined) return undefined
  const places = tags.length === 0 ? digestsOf(event).map((digest) => ({ digest })) : tags.map((tag) => ({ tag }))
  const events = places.map((place, n) => {
    const target = { repository, digest: event.digest, ...place }
    return {
      ...{ id: n === 0 ? String(id) : `${id}-${n}`, timestamp: at.toISOString(), action },
      target: { ...target, ...contentFields(content), ...urlField(target, source) },
      request: requestOf(told, action),
      ...{ actor: { name: actor.name }, source: { addr: hostOf(source) } },
    }
  })
  return messageAs('application/vnd.docker.distribution.events.v2+json', { events })
}

function digestsOf({ digest, detail: { digests } }: RegistryEvent): (string | undefined)[] {
  if (digest !== undefined || !Array.isArray(digests)) return [digest]
  return digests.filter((each) => typeof each === 'string')
}

/** Its length is in there twice, as distribution has it. */
function contentFields(content: Content | undefined) {
  return content && { mediaType: content.mediaType, size: content.sizeBytes, length: content.sizeBytes }
}

function urlField({ repository, digest }: { repository: string; digest: string | undefined }, source: string) {
  return digest === undefined ? {} : { url: `${source}/v2/${repository}/manifests/${digest}` }
}

/** Of the request only this is kept: receivers find the other fields, which they expect, empty. */
function requestOf({ event: { address }, source }: Told, action: 'push' | 'delete') {
  const addr = address === '' ? {} : { addr: address }
  return { id: '', ...addr, host: hostOf(source), method: action === 'push' ? 'PUT' : 'DELETE', useragent: '' }
}

const HARBOR_TYPES: Readonly<Record<string, string>> = {
  'manifest.pushed': 'PUSH_ARTIFACT',
  'tag.moved': 'PUSH_ARTIFACT',
  'manifest.deleted': 'DELETE_ARTIFACT',
  'tag.deleted': 'DELETE_ARTIFACT',
  'quota.warning': 'QUOTA_WARNING',
}

/** The payload of Harbor's webhooks. */
function harborEvent({ event, source }: Told): Message | undefined {
  const { at, type, repository, digest, tags, target, actor } = event
  const harborType = HARBOR_TYPES[type]
  if (harborType === undefined) return undefined
  const place = repository ?? `${target.slice(target.indexOf(':') + 1)}/`
  const [namespace = '', ...rest] = place.split('/')
  const found: readonly (string | undefined)[] = tags.length === 0 ? [undefined] : tags
  const resources = found.map((tag) => ({
    ...{ digest, tag, resource_url: `${hostOf(source)}/${place}${tag === undefined ? `@${digest}` : `:${tag}`}` },
  }))
  const about = { name: rest.join('/'), namespace, repo_full_name: place, repo_type: 'private' }
  return messageAs('application/json', {
    ...{ type: harborType, occur_at: Math.floor(at.getTime() / 1000), operator: actor.name },
    event_data: repository === undefined ? { repository: about } : { resources, repository: about },
  })
}

function slackMessage({ event, source }: Told): Message {
  const { type, repository, target, tags, digest, actor } = event
  const what = repository ?? target
  const tagged = tags.length === 0 ? '' : `:${tags.join(', ')}`
  const short = digest === undefined ? '' : ` (${digest.slice(0, 19)})`
  const text = `*${type}* \`${escaped(`${what}${tagged}`)}\`${short} by ${escaped(actor.name)} at ${escaped(hostOf(source))}`
  return messageAs('application/json', { text })
}

/** What Slack takes for more than text; a grave accent would end the code. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', "'")
}

function hostOf(source: string): string {
  return URL.canParse(source) ? new URL(source).host : source
}

function messageAs(mediaType: string, value: unknown): Message {
  return { mediaType, body: JSON.stringify(value) }
}
