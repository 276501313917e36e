import type { RegistryEvent } from '../events/event.ts'
import type { Shape } from './webhook.ts'

export interface Message {
  readonly mediaType: string
  readonly body: string
}

/** Undefined: the shape has no words for such an event, and its receivers are not told. `source`: who says it. */
export function messageOf(shape: Shape, event: RegistryEvent, source: string): Message | undefined {
  return MAKERS[shape](event, source)
}

const MAKERS: Readonly<Record<Shape, (event: RegistryEvent, source: string) => Message | undefined>> = {
  cloudevents: cloudEvent,
  distribution: distributionEvents,
  harbor: harborEvent,
  slack: slackMessage,
}

/** CloudEvents 1.0, structured mode of its HTTP binding. */
function cloudEvent({ id, at, type, target, repository, digest, tags, actor, detail }: RegistryEvent, source: string) {
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

/** The envelope of distribution's notifications: one event for each tag. */
function distributionEvents(event: RegistryEvent, source: string): Message | undefined {
  const { id, at, type, repository, digest, tags, actor } = event
  const action = ACTIONS[type]
  if (action === undefined || repository === undefined) return undefined
  const places = tags.length === 0 ? [{}] : tags.map((tag) => ({ tag }))
  const events = places.map((place, n) => ({
    ...{ id: n === 0 ? String(id) : `${id}-${n}`, timestamp: at.toISOString(), action },
    target: { repository, digest, ...place, ...(digest && { url: `${source}/v2/${repository}/manifests/${digest}` }) },
    ...{ actor: { name: actor.name }, source: { addr: hostOf(source) } },
  }))
  return messageAs('application/vnd.docker.distribution.events.v2+json', { events })
}

const HARBOR_TYPES: Readonly<Record<string, string>> = {
  'manifest.pushed': 'PUSH_ARTIFACT',
  'tag.moved': 'PUSH_ARTIFACT',
  'manifest.deleted': 'DELETE_ARTIFACT',
  'tag.deleted': 'DELETE_ARTIFACT',
  'quota.warning': 'QUOTA_WARNING',
}

/** The payload of Harbor's webhooks. */
function harborEvent(event: RegistryEvent, source: string): Message | undefined {
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

function slackMessage(event: RegistryEvent, source: string): Message {
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
