interface SplitUrl {
  readonly url: string
  readonly username: string | undefined
  readonly hadPassword: boolean
}

/** An address without the user and password in it. What is no address of the web loses all before its last "@". */
export function splitUrl(text: string): SplitUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    const bare = text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, '$1')
    return { url: bare, username: undefined, hadPassword: bare !== text }
  }
  const { username, password } = url
  if (username === '' && password === '') return { url: text, username: undefined, hadPassword: false }
  url.username = ''
  url.password = ''
  // As it was written: a lone host has no slash behind it.
  const shown = /[^/]\/$/.test(text) || url.pathname !== '/' ? url.href : url.href.replace(/\/$/, '')
  return { url: shown, username: decoded(username), hadPassword: password !== '' }
}

function decoded(text: string): string | undefined {
  if (text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
