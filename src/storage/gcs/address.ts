/** `gs://bucket/prefix?endpoint=…&credentialsFile=…` */
export interface GcsAddress {
  readonly bucket: string
  /** Empty, or ends with a slash. */
  readonly prefix: string
  readonly endpoint: string
  /** With the key of a service account; undefined: Application Default Credentials. */
  readonly credentialsFile: string | undefined
}

const ENDPOINT = 'https://storage.googleapis.com'
const PARAMETERS = ['endpoint', 'credentialsFile']
/** cloud.google.com/storage/docs/buckets#naming */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/

/** @throws Error with a sentence for people */
export function parseGcsAddress(text: string): GcsAddress {
  const match = /^gs:\/\/([^/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(text)
  const bucket = match?.[1] ?? ''
  if (!BUCKET.test(bucket)) throw new Error(`storage: "${text}" names no bucket; write gs://BUCKET/PREFIX`)
  const parameters = new URLSearchParams(match?.[3])
  for (const name of parameters.keys())
    if (!PARAMETERS.includes(name))
      throw new Error(`storage: Google Cloud Storage knows no parameter "${name}"; it knows ${PARAMETERS.join(', ')}`)
  const path = decodeURIComponent(match?.[2] ?? '').replace(/^\/+|\/+$/g, '')
  return {
    bucket,
    prefix: path === '' ? '' : `${path}/`,
    endpoint: parseEndpoint(parameters.get('endpoint') ?? ENDPOINT),
    credentialsFile: parameters.get('credentialsFile') ?? undefined,
  }
}

function parseEndpoint(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.pathname !== '/')
    throw new Error('storage: endpoint must be http://HOST:PORT or https://HOST')
  return url.origin
}
