import { api, bodyOf } from '../../api/client.ts'
import type { ItemOf, Pages } from '../../api/read.ts'
import { patiently } from './patiently.ts'

export type Entry = ItemOf<'/repositories/{repository}/images/{reference}/files'>

/** An image, or one layer of it. */
export interface Inside {
  readonly repository: string
  readonly digest: string
  readonly layer: string | undefined
}

interface Asked {
  readonly path?: string
  readonly q?: string
}

/** A folder, or what is found in all of them. */
export function filePages(inside: Inside, asked: Asked): Pages<Entry> {
  return {
    queryKey: ['files', inside, asked],
    pageOf: (after, signal) => listFiles(inside, { ...asked, after, limit: PAGE_SIZE }, signal),
  }
}

/** How far what is known of them can be trusted. */
export function readState(inside: Inside) {
  return {
    queryKey: ['files', inside],
    queryFn: ({ signal }: { readonly signal: AbortSignal }) => listFiles(inside, { limit: 1 }, signal),
  }
}

const PAGE_SIZE = 200
async function listFiles(
  { repository, digest, layer }: Inside,
  asked: Asked & { readonly after?: string; readonly limit: number },
  signal: AbortSignal,
) {
  const query = { ...asked, ...(layer !== undefined && { layer }) }
  const params = { path: { repository, reference: digest }, query }
  return patiently(() => bodyOf(api.GET('/repositories/{repository}/images/{reference}/files', { params, signal })))
}

export interface Head {
  readonly bytes: Uint8Array
  readonly totalBytes: number
}

/** The first bytes of a file, and how many it has. @throws ApiError */
export async function readHead(
  { repository, digest, layer }: Inside,
  path: string,
  wanted: number,
  signal: AbortSignal,
): Promise<Head> {
  const { data, error, response } = await api.GET('/repositories/{repository}/images/{reference}/file', {
    params: { path: { repository, reference: digest }, query: { path, ...(layer !== undefined && { layer }) } },
    headers: { range: `bytes=0-${wanted - 1}` },
    parseAs: 'arrayBuffer',
    signal,
  })
  // A file without a byte has no first ones.
  if (response.status === 416) return { bytes: new Uint8Array(), totalBytes: 0 }
  const bytes = new Uint8Array(await bodyOf<ArrayBuffer>(Promise.resolve({ data, error, response } as never)))
  const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]
  return { bytes, totalBytes: total === undefined ? bytes.length : Number(total) }
}

/** Where a browser saves it from. */
export function fileAddress({ repository, digest, layer }: Inside, path: string): string {
  const query = new URLSearchParams({ path, ...(layer !== undefined && { layer }) })
  return `/api/v1/repositories/${encodeURIComponent(repository)}/images/${digest}/file?${query}`
}
