import { CACHED, convertAzure, convertGcs, convertS3 } from './convert-buckets.ts'
import type { Draft } from './draft.ts'
import { fromGoDuration } from './go-duration.ts'

const ROOT = '/var/lib/registry'
/** Stored bytes and repositories are known by it: it stays. */
const PLACE = 'registry'

const DRIVERS = ['filesystem', 'inmemory', 's3', 'gcs', 'azure']
const NOT_DRIVERS = ['cache', 'delete', 'maintenance', 'redirect', 'tag']

const WITHOUT: Readonly<Record<string, string>> = {
  'storage.filesystem.maxthreads': 'nothing: work on the disk is bounded by itself',
  'storage.cache': 'nothing: rows and small content are kept in memory (cache.memoryBytes)',
  'storage.delete.enabled': 'nothing: deleting is a right (the roles maintainer and owner), and not a setting',
  'storage.tag.concurrencylimit': 'nothing: tags are rows',
  'storage.maintenance.uploadpurging.interval': 'nothing: every ten minutes',
  'storage.maintenance.uploadpurging.dryrun': 'nothing: unfinished uploads are always removed',
}

export function convertStorage(draft: Draft): void {
  const { keys } = draft
  for (const [key, became] of Object.entries(WITHOUT)) keys.say(key, became)
  if (keys.has('storage.filesystem')) convertFiles(draft)
  if (keys.has('storage.inmemory')) keys.sayAlone('storage.inmemory', 'nothing: what is stored is on the disk, in data')
  const place = isCache(draft) ? undefined : PLACE
  if (keys.has('storage.s3')) convertS3(draft, place)
  if (keys.has('storage.gcs')) convertGcs(draft, place)
  if (keys.has('storage.azure')) convertAzure(draft)
  refuseOthers(draft)
  const drivers = driversOf(draft)
  if (drivers.length > 1) draft.settle(`storage: there is one place for images, and not ${drivers.join(' and ')}`)
  convertRedirect(draft)
  convertPurging(draft)
  if (keys.isTrue('storage.maintenance.readonly.enabled'))
    draft.refuse(
      'storage.maintenance.readonly',
      'nothing here has a read-only mode, and collecting garbage needs none: leave it out, or give people the role reader',
    )
  else keys.say('storage.maintenance.readonly', 'nothing: collecting garbage never stops anything')
}

/** In the same folder, which containers mount as a volume, beside what distribution has there. */
function convertFiles(draft: Draft): void {
  const { keys, options } = draft
  const root = (keys.text('storage.filesystem.rootdirectory') ?? ROOT).replace(/(?<=.)\/+$/, '')
  const data = `${root === '/' ? '' : root}/berth`
  draft.set('data', data)
  const hasImages = options.hasImages(root)
  if (hasImages && !isCache(draft)) draft.set('adopt', { [PLACE]: root })
  const images = hasImages
    ? isCache(draft)
      ? `, and ${CACHED}`
      : `, and adopt.${PLACE}: the images that lie there are served from there and never changed`
    : '; no images of distribution lie there'
  const became = `data: its folder berth${images}`
  keys.sayAlone('storage.filesystem', became)
  keys.say('storage.filesystem.rootdirectory', became)
}

/** A tag of ours never gives way to the upstream's, and an adopted one is ours. */
function isCache({ keys }: Draft): boolean {
  return keys.text('proxy.remoteurl') !== undefined
}

function driversOf({ keys }: Draft): string[] {
  return Object.keys(Object(keys.value('storage'))).filter((key) => !NOT_DRIVERS.includes(key))
}

function refuseOthers(draft: Draft): void {
  for (const driver of driversOf(draft)) {
    if (DRIVERS.includes(driver)) continue
    draft.refuse(
      `storage.${driver}`,
      'there is no such storage here: choose another (docs/scale.md), and take the images along with "berth import" while the old registry runs',
    )
  }
}

function convertRedirect(draft: Draft): void {
  const { keys } = draft
  const key = 'storage.redirect.disable'
  const off = 'nothing: pulls go through this registry unless redirect.mode is "on"'
  const isOn = keys.text(key) === 'false' && ['s3', 'gcs', 'azure'].some((driver) => keys.has(`storage.${driver}`))
  if (isOn) draft.set('redirect.mode', 'on')
  keys.say(key, isOn ? 'redirect.mode: on' : off)
}

function convertPurging(draft: Draft): void {
  const { keys } = draft
  const path = 'storage.maintenance.uploadpurging'
  const text = keys.text(`${path}.age`)
  const age = text === undefined ? undefined : fromGoDuration(text)
  const isOff = keys.text(`${path}.enabled`) === 'false'
  if (isOff) draft.set('uploads.expireAfter', '3650d')
  else if (age !== undefined) draft.set('uploads.expireAfter', age)
  keys.say(
    `${path}.enabled`,
    isOff ? 'uploads.expireAfter: ten years' : 'nothing: unfinished uploads are always removed',
  )
  keys.say(`${path}.age`, age === undefined ? 'nothing: it is no time that is understood' : 'uploads.expireAfter')
}
