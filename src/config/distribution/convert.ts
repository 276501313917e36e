import { convertAuth } from './convert-auth.ts'
import { convertHttp } from './convert-http.ts'
import { convertProxy } from './convert-proxy.ts'
import { convertStorage } from './convert-storage.ts'
import { type Converted, type ConvertOptions, Draft } from './draft.ts'
import type { Tree } from '../tree.ts'

/** What has no counterpart, whatever its value is. */
const WITHOUT: Readonly<Record<string, string>> = {
  'log.formatter': 'nothing: the log is JSON lines on standard output',
  'log.fields': 'nothing: whoever collects the log adds them',
  'log.hooks': 'nothing: alert on the log or on /metrics',
  'log.reportcaller': 'nothing: a line of the log says what it is about',
  middleware: 'nothing: there are no plug-ins; redirect.mode sends pulls to the object store by itself',
  reporting: 'nothing: no error is sent anywhere; the log has them',
  notifications: 'nothing: "berth webhook add URL --shape distribution" tells the same to the same address',
  redis: 'nothing: processes and replicas share their database, and no cache server is needed',
  'health.storagedriver': 'nothing: /readyz always asks the storage and the database',
  'health.file': 'nothing: to take a server out of rotation, stop it: /readyz says so first (shutdown.delay)',
  'health.http': 'nothing: /readyz is about this server and its storage only',
  'health.tcp': 'nothing: /readyz is about this server and its storage only',
  'catalog.maxentries': 'nothing: a page of the catalog has 1000 entries at most',
  'tags.maxtags': 'nothing: a page of tags has 1000 entries at most',
  'compatibility.schema1': 'nothing: images of schema 1, which clients dropped long ago, are refused',
  'policy.repository.classes': 'nothing: a project takes whatever OCI images and artifacts are pushed to it',
  'validation.enabled': 'nothing: what is pushed is always checked',
  'validation.disabled': 'nothing: what is pushed is always checked',
  'validation.manifests.urls':
    'nothing: addresses in a manifest are stored as they are, and this registry never calls them',
}

/** Distribution's configuration (2.x and 3.x: `version: 0.1`) in our words; says of every key what it became. */
export function convertDistribution(tree: Tree, options: ConvertOptions): Converted {
  const draft = new Draft(withDriversAsTrees(tree), options)
  if (options.isWhole && String(tree.version) !== '0.1') draft.refuse('version', 'only 0.1 is known')
  else draft.keys.say('version', 'nothing: it only says that this is a file of distribution')
  for (const [key, became] of Object.entries(WITHOUT)) draft.keys.say(key, became)
  convertLog(draft)
  convertStorage(draft)
  convertAuth(draft)
  convertHttp(draft)
  convertProxy(draft)
  convertIndexes(draft)
  return draft.end()
}

/** `storage: filesystem` and `auth: htpasswd` are short for a driver without parameters. */
function withDriversAsTrees(tree: Tree): Tree {
  const whole = { ...tree }
  for (const key of ['storage', 'auth']) {
    const value = whole[key]
    if (typeof value === 'string') whole[key] = { [value]: {} }
  }
  return whole
}

function convertLog(draft: Draft): void {
  const { keys } = draft
  for (const key of ['loglevel', 'log.level']) {
    const level = keys.text(key)?.toLowerCase()
    if (level !== undefined) draft.set('log.level', level)
    keys.say(key, 'log.level')
  }
  keys.say(
    'log.accesslog',
    keys.isTrue('log.accesslog.disabled')
      ? 'nothing: requests are lines of level info; log.level "warn" leaves them out, and everything else of that level'
      : 'nothing: requests are lines of level info',
  )
}

function convertIndexes(draft: Draft): void {
  const { keys } = draft
  const wanted = keys.text('validation.manifests.indexes.platforms')?.toLowerCase()
  if (wanted === 'none' || wanted === 'list') draft.set('content.sparse', true)
  keys.say(
    'validation.manifests.indexes',
    wanted === 'list'
      ? 'content.sparse, for all platforms: there is no list of those that must be there'
      : wanted === 'none'
        ? 'content.sparse'
        : 'nothing: all that an index names must be there anyway',
  )
}
