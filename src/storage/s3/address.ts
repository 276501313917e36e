/** Where a bucket is and how it is spoken to: `s3://bucket/prefix?region=…`. */
export interface S3Address {
  readonly bucket: string
  /** Empty, or ends with a slash. */
  readonly prefix: string
  /** Undefined: what the SDK finds in the environment or the profile. */
  readonly region: string | undefined
  /** Undefined: AWS. */
  readonly endpoint: string | undefined
  readonly pathStyle: boolean
  readonly sse: 'AES256' | 'aws:kms' | undefined
  readonly kmsKeyId: string | undefined
  /** File with 32 bytes, or their base64: S3 encrypts with this key and forgets it (SSE-C). */
  readonly sseCustomerKeyFile: string | undefined
  readonly storageClass: string | undefined
  /** File with `ID:SECRET`. Undefined: the SDK's chain (environment, profile, container, instance). */
  readonly accessKeyFile: string | undefined
}

const PARAMETERS = [
  ...['region', 'endpoint', 'pathStyle', 'sse', 'kmsKeyId', 'sseCustomerKeyFile', 'storageClass', 'accessKeyFile'],
]
const BUCKET = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/

/** @throws Error with a sentence for people */
export function parseS3Address(text: string): S3Address {
  const url = parseUrl(text)
  const given = readParameters(url)
  const bucket = url.host
  if (!BUCKET.test(bucket))
    throw new Error(`storage: "${bucket}" is not the name of a bucket; write s3://BUCKET/PREFIX`)
  const endpoint = endpointOf(given.get('endpoint'))
  const address = {
    ...{ bucket, prefix: prefixOf(url), endpoint },
    // Other servers than AWS ignore the region, but it is part of the signature.
    region: given.get('region') ?? (endpoint === undefined ? undefined : 'us-east-1'),
    pathStyle: flagOf('pathStyle', given.get('pathStyle')) ?? endpoint !== undefined,
    sse: sseOf(given.get('sse')),
    kmsKeyId: given.get('kmsKeyId'),
    sseCustomerKeyFile: given.get('sseCustomerKeyFile'),
    storageClass: given.get('storageClass'),
    accessKeyFile: given.get('accessKeyFile'),
  }
  requireOneEncryption(address)
  return address
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 's3:') throw new Error('storage: an S3 address is s3://BUCKET/PREFIX?region=…')
  // The address itself stands in configuration files, process lists and logs.
  if (url.username !== '' || url.password !== '')
    throw new Error('storage: credentials do not belong into the address; use accessKeyFile=FILE or the environment')
  if (url.hash !== '') throw new Error('storage: an S3 address has no part after "#"')
  return url
}

function readParameters(url: URL): Map<string, string> {
  const given = new Map<string, string>()
  for (const [name, value] of url.searchParams) {
    if (!PARAMETERS.includes(name))
      throw new Error(`storage: S3 knows no parameter "${name}"; it knows ${PARAMETERS.join(', ')}`)
    if (given.has(name) || value === '') throw new Error(`storage: the parameter "${name}" needs one value`)
    given.set(name, value)
  }
  return given
}

function prefixOf(url: URL): string {
  const path = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '')
  if (!/^[\w!.*'()/-]*$/.test(path) || path.split('/').includes('..'))
    throw new Error(`storage: the prefix "${path}" may hold letters, digits and !-_.*'()/ only`)
  return path === '' ? '' : `${path}/`
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '')
    throw new Error('storage: endpoint must be http://HOST:PORT or https://HOST')
  return text
}

function flagOf(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined
  if (text !== 'true' && text !== 'false') throw new Error(`storage: ${name} is true or false`)
  return text === 'true'
}

function sseOf(text: string | undefined): S3Address['sse'] {
  if (text === undefined || text === 'AES256' || text === 'aws:kms') return text
  throw new Error('storage: sse is AES256 or aws:kms')
}

function requireOneEncryption({ sse, kmsKeyId, sseCustomerKeyFile }: S3Address): void {
  if (sseCustomerKeyFile !== undefined && (sse !== undefined || kmsKeyId !== undefined))
    throw new Error('storage: sseCustomerKeyFile excludes sse and kmsKeyId')
  if (kmsKeyId !== undefined && sse !== 'aws:kms') throw new Error('storage: kmsKeyId needs sse=aws:kms')
}
