import { randomBytes } from 'node:crypto'
import { type Html, html } from './html.ts'
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
const PAGE_HEADERS = {
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

const STYLE = html`
  :root { color-scheme: light dark; --back: #f4f6f8; --card: #ffffff; --text: #16202a; --soft: #55636f; --line: #7d8a95;
  --main: #0b5cad; --on-main: #ffffff; --bad: #a8201a; } @media (prefers-color-scheme: dark) { :root { --back: #10161c;
  --card: #19222b; --text: #e8eef3; --soft: #a9b7c3; --line: #6f7f8c; --main: #7cb8f5; --on-main: #0a1622; --bad:
  #ff9c95; } } * { box-sizing: border-box; } body { margin: 0; padding: 1rem; background: var(--back); color:
  var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; } main { max-width: 26rem; margin: 6vh
  auto 0; padding: 1.5rem; background: var(--card); border-radius: .75rem; box-shadow: 0 1px 4px rgb(0 0 0 / .2); } h1 {
  margin: 0 0 1rem; font-size: 1.4rem; line-height: 1.25; } .brand { margin: 0; color: var(--soft); font-weight: 600;
  letter-spacing: .04em; } label { display: block; margin: .75rem 0 .25rem; font-weight: 600; } input { width: 100%;
  padding: .6rem .7rem; border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit;
  font: inherit; } button, a.button { display: block; width: 100%; margin-top: 1rem; padding: .65rem 1rem; border: 1px
  solid var(--main); border-radius: .4rem; background: var(--main); color: var(--on-main); font: inherit; font-weight:
  600; text-align: center; text-decoration: none; cursor: pointer; } button.plain, a.button.plain { background:
  transparent; color: var(--main); } a { color: var(--main); } :focus-visible { outline: 3px solid var(--main);
  outline-offset: 2px; } .problem { padding: .6rem .8rem; border-left: 4px solid var(--bad); color: var(--bad);
  font-weight: 600; } .or { margin: 1.25rem 0 0; color: var(--soft); text-align: center; } .code { margin: 1rem 0; font:
  700 1.6rem/1.2 ui-monospace, monospace; letter-spacing: .1em; text-align: center; } dl { display: grid;
  grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1rem 0; } dt { color: var(--soft); } dd { margin: 0; }
`
