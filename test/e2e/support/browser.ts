/** One page as a browser got it. */
export interface Page {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** Where it is sent on; empty when it stays. */
  readonly location: string
  /** Set-Cookie headers as they came. */
  readonly setCookies: readonly string[]
}

export interface BrowserOptions {
  /** What the browser believes to be at, where a proxy stands in front. */
  readonly origin?: string
}

/** As much of a browser as forms and cookies need. Follows no redirects, so that tests see them. */
export class TestBrowser {
  readonly cookies = new Map<string, string>()
  readonly #url: string
  readonly #origin: string
  /** The token in the last form that was shown. */
  csrf = ''

  constructor(url: string, { origin = url }: BrowserOptions = {}) {
    this.#url = url
    this.#origin = origin
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.#send(path, { headers })
  }

  /** Fills in the form that was shown last, and sends it as browsers do from a page without a referrer. */
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = { origin: 'null', 'sec-fetch-site': 'same-origin' },
  ): Promise<Page> {
    const body = new URLSearchParams({ csrf: this.csrf, ...fields })
    return this.#send(path, { method: 'POST', body, headers })
  }

  /** The headers that say where a form comes from, when it comes from here. */
  get home(): Readonly<Record<string, string>> {
    return { origin: this.#origin, 'sec-fetch-site': 'same-origin' }
  }

  async signIn(username: string, password: string, next = '/auth/'): Promise<Page> {
    await this.get('/auth/')
    return this.post('/auth/sign-in', { username, password, next })
  }

  async #send(path: string, init: RequestInit & { headers: Readonly<Record<string, string>> }): Promise<Page> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie === '' ? {} : { cookie }), ...init.headers }
    const response = await fetch(new URL(path, this.#url), { ...init, redirect: 'manual', headers })
    const setCookies = response.headers.getSetCookie()
    for (const line of setCookies) this.#keep(line)
    const text = await response.text()
    this.csrf = /name="csrf" value="([^"]*)"/.exec(text)?.[1] ?? this.csrf
    return {
      status: response.status,
      text,
      headers: response.headers,
      location: response.headers.get('location') ?? '',
      setCookies,
    }
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';')
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    if (/; Max-Age=0/.test(line)) this.cookies.delete(name)
    else this.cookies.set(name, pair.slice(equals + 1))
  }
}
