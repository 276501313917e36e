import { readFileSync } from 'node:fs'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { S3Address } from './address.ts'
import { type Fetch, Transport } from './transport.ts'

/**
 * `fields`: what a service that only speaks the same language has instead.
 * @throws Error with a sentence for people, when a file cannot be read
 */
export function createClient(address: S3Address, fields: S3ClientConfig = {}): S3Client {
  return new S3Client({
    ...(address.region !== undefined && { region: address.region }),
    ...(address.endpoint !== undefined && { endpoint: address.endpoint }),
    ...(address.accessKeyFile !== undefined && { credentials: readAccessKey(address.accessKeyFile) }),
    forcePathStyle: address.pathStyle,
    // Servers other than AWS refuse the trailers that the SDK sends otherwise, or store them as data.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Retries are ours: they know what an unclear answer may have done.
    maxAttempts: 1,
    requestHandler: handlerFor(plainFetch),
    ...fields,
  })
}

export function handlerFor(send: Fetch): Transport {
  return new Transport(send)
}

/**
 * Stored bytes are not ours to unpack, a redirect would take the signature to somebody else, and each request has its
 * own time limit.
 */
export function plainFetch(request: string | URL | Request): Promise<Response> {
  return fetch(request as Request, { redirect: 'manual', decompress: false, timeout: false } as BunFetchRequestInit)
}

function readAccessKey(path: string): { accessKeyId: string; secretAccessKey: string } {
  const match = /^([^\s:]+):(\S+)\s*$/.exec(readSecret('accessKeyFile', path).toString('utf8'))
  if (match?.[1] === undefined || match[2] === undefined)
    throw new Error(`storage: the accessKeyFile "${path}" must hold ID:SECRET in one line`)
  return { accessKeyId: match[1], secretAccessKey: match[2] }
}

/** The base64 of the key for SSE-C. @throws Error with a sentence for people */
export function readCustomerKey(path: string): string {
  const content = readSecret('sseCustomerKeyFile', path)
  const key = content.byteLength === 32 ? content : Buffer.from(content.toString('latin1').trim(), 'base64')
  if (key.byteLength !== 32)
    throw new Error(`storage: the sseCustomerKeyFile "${path}" must hold 32 bytes, or their base64`)
  return key.toString('base64')
}

function readSecret(name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Error(`storage: the ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
