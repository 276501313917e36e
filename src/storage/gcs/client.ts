import type { S3Client } from '@aws-sdk/client-s3'
import type { HttpRequest } from '@smithy/types'
import type { S3Address } from '../s3/address.ts'
import { createClient, handlerFor, plainFetch } from '../s3/client.ts'
import type { Identity } from './identity.ts'

/**
 * A client of Cloud Storage's XML API, which is S3's with Google's tokens and without Amazon's headers
 * (cloud.google.com/storage/docs/migrating, /storage/docs/multipart-uploads).
 */
export function createGcsClient(address: S3Address, identity: Identity): S3Client {
  return createClient(address, {
    // Not used; without, the SDK would look for some.
    credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' },
    signer: { sign: (request) => authorize(request as HttpRequest, identity) },
    requestHandler: handlerFor((request) => send(request as Request, identity)),
  })
}

const COPY_SOURCE = 'x-amz-copy-source'
const COPY_RANGE = 'x-amz-copy-source-range'

async function authorize(request: HttpRequest, identity: Identity): Promise<HttpRequest> {
  for (const name of Object.keys(request.headers))
    if (/^(?:x-amz-|amz-)/i.test(name) && name !== COPY_SOURCE && name !== COPY_RANGE) delete request.headers[name]
  if (request.query !== undefined) delete request.query['x-id']
  request.headers.authorization = await identity.authorization()
  return request
}

async function send(request: Request, identity: Identity): Promise<Response> {
  const source = request.headers.get(COPY_SOURCE)
  return source === null ? plainFetch(request) : copyThroughUs(request, source, identity)
}

/** Google cannot make a part of what it has: it is read and sent again. Needed only when an upload is cut back. */
async function copyThroughUs(request: Request, source: string, identity: Identity): Promise<Response> {
  const authorization = await identity.authorization()
  const { signal, url } = request
  const from = new URL(`/${decodeURIComponent(source)}`, url).href
  const range = request.headers.get(COPY_RANGE) ?? ''
  const found = await plainFetch(new Request(from, { headers: { authorization, range }, signal }))
  if (found.status !== 206 || found.body === null) return found
  const headers = { authorization, 'content-length': found.headers.get('content-length') ?? '' }
  const stored = await plainFetch(new Request(url, { method: 'PUT', headers, body: found.body, signal }))
  if (!stored.ok) return stored
  const etag = (stored.headers.get('etag') ?? '').replaceAll('"', '&quot;')
  return new Response(`<CopyPartResult><ETag>${etag}</ETag></CopyPartResult>`, {
    headers: { 'content-type': 'application/xml' },
  })
}
