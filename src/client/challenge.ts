/** What a registry asks for in `WWW-Authenticate` (RFC 9110 §11.6.1; distribution's token specification). */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string; readonly scopes: readonly string[] }

const MAX_HEADER = 8192
const MAX_SCOPES = 8
const SCHEME = /[\s,]*([A-Za-z][A-Za-z0-9_-]*)(?=[\s,]|$)(?!\s*=)/y
const PARAMETER = /[\s,]*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y
/** `type(class):name:actions`; the name may hold `host:port`. */
const SCOPE = /^[a-z]+(?:\([a-z]+\))?:[A-Za-z0-9._/:-]{1,300}:[a-z*]+(?:,[a-z*]+){0,7}$/

/** Bearer where it is offered, as it shows a password least often; undefined: nothing that we can do. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const challenges = [...challengesIn((header ?? '').slice(0, MAX_HEADER))]
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get('realm')
    if (scheme !== 'bearer' || realm === undefined) continue
    const scopes = (parameters.get('scope') ?? '').split(' ').filter((scope) => SCOPE.test(scope))
    return { scheme, realm, service: parameters.get('service') ?? '', scopes: scopes.slice(0, MAX_SCOPES) }
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined
}

function* challengesIn(header: string): Generator<{ scheme: string; parameters: ReadonlyMap<string, string> }> {
  let at = 0
  for (;;) {
    const scheme = matchAt(SCHEME, header, at)
    if (scheme === null) return
    at = SCHEME.lastIndex
    const parameters = new Map<string, string>()
    for (let pair = matchAt(PARAMETER, header, at); pair !== null; pair = matchAt(PARAMETER, header, at)) {
      at = PARAMETER.lastIndex
      const [, key = '', quoted, bare = ''] = pair
      parameters.set(key.toLowerCase(), quoted === undefined ? bare : quoted.replaceAll(/\\(.)/g, '$1'))
    }
    yield { scheme: (scheme[1] ?? '').toLowerCase(), parameters }
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
