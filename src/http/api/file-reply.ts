import { parseRangeHeader } from '../../oci/range.ts'
import { contentRange } from '../byte-ranges.ts'
import type { Reply } from '../reply.ts'

/** Bytes that a stranger chose, for download: a browser must neither guess what they are nor run them. */
export function fileReply(request: Request, name: string, bytes: Uint8Array<ArrayBuffer>): Reply {
  const headers = {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    'content-disposition': `attachment; filename*=UTF-8''${encoded(safeName(name))}`,
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
  }
  const ranges = parseRangeHeader(request.headers.get('range') ?? '', bytes.length)
  if (ranges === undefined || ranges.length > 1) return { status: 200, headers, body: bytes }
  const [range] = ranges
  if (range === undefined) return { status: 416, headers: { ...headers, 'content-range': `bytes */${bytes.length}` } }
  return {
    status: 206,
    headers: { ...headers, 'content-range': contentRange(range, bytes.length) },
    body: bytes.subarray(range.start, range.end + 1),
  }
}

const MAX_NAME_LENGTH = 150

/** What no system takes for a path, and what does not turn letters around: `gpj.exe` must not look like `exe.jpg`. */
function safeName(name: string): string {
  const safe = name.toWellFormed().replaceAll(/[\p{C}\p{Zl}\p{Zp}"*/:<>?\\|]/gu, '_')
  // Not to be hidden, and no more than what a file system takes.
  const short = [...safe.replace(/^\.+/, '_')].slice(-MAX_NAME_LENGTH).join('')
  return short === '' ? 'file' : short
}

/** RFC 8187. */
function encoded(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`)
}
