import { randomBytes } from 'node:crypto'
import { type Html, html } from './html.ts'
import { STYLE } from './page-style.ts'
import type { Reply } from './reply.ts'

export interface Page {
  readonly status?: number
  readonly title: string
  readonly body: Html
  readonly headers?: Readonly<Record<string, string>>
}

/** No script, nothing from elsewhere, in nobody's frame; forms go home only. */
export function page({ status = 200, title, body, headers = {} }: Page): Reply {
  const nonce = randomBytes(16).toString('base64')
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  return {
    status,
    headers: {
      ...PAGE_HEADERS,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      ...headers,
    },
    body: document(title, body, nonce).text,
  }
}

/** Of everything that is answered to a browser. */
export const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** To an address that is ours, or a provider's from the configuration. */
export function seeOther(location: string, setCookie?: string): Reply {
  return {
    status: 303,
    headers: { ...PAGE_HEADERS, location, ...(setCookie === undefined ? {} : { 'set-cookie': setCookie }) },
  }
}

function document(title: string, body: Html, nonce: string): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} – Berth</title>
        <style nonce="${nonce}">
          ${STYLE}
        </style>
      </head>
      <body>
        <main>
          <p class="brand">Berth</p>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `
}
