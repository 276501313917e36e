import { gunzipSync } from 'node:zlib'
import { once } from '../lib/once.ts'
import type { UiBundle } from '../lib/ui-bundle.ts'
import type { Call } from './call.ts'
import { methodNotAllowed, routeNotFound } from './errors.ts'
import { matchesEtag } from './etag.ts'
import { PAGE_HEADERS } from './page.ts'
import type { Subtree } from './plain-routes.ts'
import type { Reply } from './reply.ts'

/** Scripts and styles of ours only, in nobody's frame. What content says is text to these pages; this is the second lock. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** The first parts of the addresses that the pages give themselves; ui/router.tsx has what is below. */
const PAGES = [
  '/',
  '/p',
  '/p/',
  '/r',
  '/r/',
  '/i',
  '/i/',
  '/compare',
  '/compare/',
  '/search',
  '/me',
  '/admin',
  '/admin/',
]
const ASSETS = '/assets/'

type Answer = (call: Call) => Reply

/** The web pages, from memory once somebody asked: one document for all addresses, and what it loads. */
export function uiSubtrees(read: () => Promise<UiBundle | undefined>): readonly Subtree[] {
  const load = once(async () => answerFrom(await read()))
  const answer = async (call: Call) => {
    if (!['GET', 'HEAD'].includes(call.request.method)) return methodNotAllowed(['GET', 'HEAD'])
    return (await load())(call)
  }
  return [...PAGES, ASSETS].map((prefix) => ({ name: 'ui', prefix, answer }))
}

function answerFrom(bundle: UiBundle | undefined): Answer {
  if (bundle === undefined) return () => routeNotFound()
  const index = pageReply(bundle.index)
  const assets = new Map(Object.entries(bundle.files).map(([name, file]) => [`${ASSETS}${name}`, assetOf(file)]))
  return (call) => (call.path.startsWith(ASSETS) ? (assets.get(call.path)?.(call) ?? routeNotFound()) : index)
}

function pageReply(index: string): Reply {
  return {
    status: 200,
    headers: {
      ...PAGE_HEADERS,
      'cache-control': 'no-cache',
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'cross-origin-opener-policy': 'same-origin',
    },
    body: index,
  }
}

/** The name has the content's hash in it, so that it is good for ever. */
function assetOf({ type, gzip }: UiBundle['files'][string]): Answer {
  const packed = Uint8Array.from(Buffer.from(gzip, 'base64'))
  return ({ request, path }) => {
    const headers = {
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      etag: `"${path.slice(ASSETS.length)}"`,
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    }
    if (matchesEtag(request, path.slice(ASSETS.length))) return { status: 304, headers }
    const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(request.headers.get('accept-encoding') ?? '')
    if (takesGzip) return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: packed }
    return { status: 200, headers, body: Uint8Array.from(gunzipSync(packed)) }
  }
}
