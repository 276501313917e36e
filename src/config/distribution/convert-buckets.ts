import { splitUrl } from './credentials.ts'
import type { Draft } from './draft.ts'

const TUNING = 'nothing: parts are as large as the upload needs, and nothing is copied when it ends'
const DATABASE =
  'The database is in data, which needs a disk that stays; or PostgreSQL (database), and then several replicas'

/** Where the bucket is, without and with the folder of our own in it. */
function addressesOf(
  scheme: string,
  bucket: string,
  prefix: string,
  parameters: readonly (readonly [string, string | undefined])[],
) {
  const query = new URLSearchParams()
  for (const [name, value] of parameters) if (value !== undefined) query.set(name, value)
  const tail = query.size === 0 ? '' : `?${query}`
  const root = prefix.replace(/^\/+|\/+$/g, '')
  const at = (path: string) => `${scheme}://${bucket}${path === '' ? '' : `/${path}`}${tail}`
  return { theirs: at(root), ours: at(root === '' ? 'berth' : `${root}/berth`) }
}

const UNREADABLE =
  'what distribution has there cannot be read in place: take it along with "berth import" while the old registry runs'

/** Of a pull-through cache. */
export const CACHED =
  'nothing is adopted: what lies there is copies of the upstream’s images, which are brought again when they are pulled'

/** Undefined: the old registry was a pull-through cache. */
function becameOf(place: string | undefined): string {
  return place === undefined
    ? `storage: its folder berth, and ${CACHED}. ${DATABASE}`
    : `storage: its folder berth, and adopt.${place}: the images that lie there are served from there and never changed. ${DATABASE}`
}

export function convertS3(draft: Draft, place: string | undefined): void {
  const { keys } = draft
  const key = (name: string) => `storage.s3.${name}`
  const bucket = keys.text(key('bucket')) ?? ''
  const { theirs, ours } = addressesOf('s3', bucket, keys.text(key('rootdirectory')) ?? '', [
    ['region', keys.text(key('region'))],
    ['endpoint', endpointOf(keys.text(key('regionendpoint')), keys.text(key('secure')) !== 'false')],
    ['pathStyle', keys.text(key('forcepathstyle'))],
    ['sse', keys.isTrue(key('encrypt')) ? (keys.has(key('keyid')) ? 'aws:kms' : 'AES256') : undefined],
    ['kmsKeyId', keys.isTrue(key('encrypt')) ? keys.text(key('keyid')) : undefined],
    ['storageClass', storageClassOf(keys.text(key('storageclass')))],
  ])
  draft.set('storage', ours)
  if (place !== undefined) draft.set('adopt', { [place]: theirs })
  for (const name of ['bucket', 'rootdirectory']) keys.say(key(name), becameOf(place))
  for (const name of ['region', 'regionendpoint', 'secure', 'forcepathstyle', 'encrypt', 'keyid', 'storageclass'])
    keys.say(key(name), 'storage: a parameter of its address')
  draft.keep(key('accesskey'), 'AWS_ACCESS_KEY_ID')
  draft.keep(key('secretkey'), 'AWS_SECRET_ACCESS_KEY')
  draft.keep(key('sessiontoken'), 'AWS_SESSION_TOKEN')
  for (const name of [
    'chunksize',
    'multipartcopychunksize',
    'multipartcopymaxconcurrency',
    'multipartcopythresholdsize',
  ])
    keys.say(key(name), TUNING)
  keys.say(key('v4auth'), 'nothing: requests are always signed that way')
  keys.say(key('loglevel'), 'nothing: log.level')
  for (const name of ['accelerate', 'usedualstack', 'usefipsendpoint', 'redirectendpoint', 'objectacl', 'useragent'])
    keys.say(key(name), 'nothing: there is no such option; the bucket’s own settings hold')
  keys.say(key('skipverify'), 'nothing: certificates are always checked; SSL_CERT_FILE may name further authorities')
}

function endpointOf(text: string | undefined, secure: boolean): string | undefined {
  if (text === undefined) return undefined
  return splitUrl(/^https?:\/\//.test(text) ? text : `${secure ? 'https' : 'http'}://${text}`).url
}

/** Distribution's word for leaving it to the bucket. */
function storageClassOf(text: string | undefined): string | undefined {
  return text === 'NONE' ? undefined : text
}

export function convertGcs(draft: Draft, place: string | undefined): void {
  const { keys } = draft
  const key = (name: string) => `storage.gcs.${name}`
  const { theirs, ours } = addressesOf('gs', keys.text(key('bucket')) ?? '', keys.text(key('rootdirectory')) ?? '', [
    ['credentialsFile', keys.text(key('keyfile'))],
  ])
  draft.set('storage', ours)
  if (place !== undefined) draft.set('adopt', { [place]: theirs })
  for (const name of ['bucket', 'rootdirectory']) keys.say(key(name), becameOf(place))
  keys.say(key('keyfile'), 'storage: credentialsFile of its address')
  draft.refuse(
    key('credentials'),
    'a secret does not belong into this file: write these keys as JSON into one of their own, and name it in keyfile',
  )
  for (const name of ['chunksize', 'maxconcurrency']) keys.say(key(name), TUNING)
  keys.say(key('useragent'), 'nothing: there is no such option')
}

export function convertAzure(draft: Draft): void {
  const { keys } = draft
  const key = (name: string) => `storage.azure.${name}`
  const account = keys.text(key('accountname'))
  const realm = keys.text(key('realm'))
  const isOther = realm !== undefined && realm !== 'core.windows.net'
  const container = keys.text(key('container')) ?? ''
  const { ours } = addressesOf('azure', container, keys.text(key('rootdirectory')) ?? '', [
    ['account', account],
    ['endpoint', isOther ? `https://${account}.blob.${realm}` : undefined],
  ])
  draft.set('storage', ours)
  for (const name of ['container', 'rootdirectory'])
    keys.say(key(name), `storage: its folder berth, and ${UNREADABLE}. ${DATABASE}`)
  for (const name of ['accountname', 'realm']) keys.say(key(name), 'storage: a parameter of its address')
  draft.keep(key('accountkey'), 'AZURE_STORAGE_KEY')
  keys.say(key('credentials.type'), 'nothing: whatever the environment has is found')
  draft.keep(key('credentials.clientid'), 'AZURE_CLIENT_ID')
  draft.keep(key('credentials.tenantid'), 'AZURE_TENANT_ID')
  draft.keep(key('credentials.secret'), 'AZURE_CLIENT_SECRET')
  for (const name of ['max_retries', 'retry_delay', 'copy_status_poll_max_retry', 'copy_status_poll_delay'])
    keys.say(key(name), 'nothing: failed requests are tried again by themselves')
}
