/** A media type with its parameters (RFC 9110 §8.3.1). */
export interface ParsedMediaType {
  /** `type/subtype`, lower case. */
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

const MAX_CHARACTERS = 1000
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Undefined: it is none. `; version=1.0` may be written with or without spaces and quotes, in any case. */
export function findMediaType(text: string): ParsedMediaType | undefined {
  const [whole = '', ...rest] = text.slice(0, MAX_CHARACTERS).split(';')
  const type = whole.trim().toLowerCase()
  const [main = '', sub = '', ...more] = type.split('/')
  if (more.length > 0 || !TOKEN.test(main) || !TOKEN.test(sub)) return undefined
  const parameters = new Map<string, string>()
  for (const pair of rest) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(equals, 0)).trim().toLowerCase()
    const value = pair.slice(equals + 1).trim()
    if (TOKEN.test(name)) parameters.set(name, value.replace(/^"(.*)"$/s, '$1'))
  }
  return { type, parameters }
}

/** Of a report or request of the adapter API: what a text without a version means is the first one. */
export interface Versioned {
  readonly type: string
  readonly version: string
}

/** Whether the text names this type in this version. */
export function isVersion(text: string, { type, version }: Versioned): boolean {
  const parsed = findMediaType(text)
  return parsed?.type === type && (parsed.parameters.get('version') ?? '1.0') === version
}

export function formatVersioned({ type, version }: Versioned): string {
  return `${type}; version=${version}`
}

/** https://github.com/goharbor/pluggable-scanner-spec */
export const HARBOR = {
  metadata: { type: 'application/vnd.scanner.adapter.metadata+json', version: '1.1' },
  request10: { type: 'application/vnd.scanner.adapter.scan.request+json', version: '1.0' },
  request11: { type: 'application/vnd.scanner.adapter.scan.request+json', version: '1.1' },
  response: { type: 'application/vnd.scanner.adapter.scan.response+json', version: '1.0' },
  report10: { type: 'application/vnd.scanner.adapter.vuln.report.harbor+json', version: '1.0' },
  report11: { type: 'application/vnd.security.vulnerability.report', version: '1.1' },
  sbom: { type: 'application/vnd.security.sbom.report+json', version: '1.0' },
  error: { type: 'application/vnd.scanner.adapter.error+json', version: '1.0' },
} as const satisfies Readonly<Record<string, Versioned>>

/** What the API answers with. */
export const CODES = {
  ...{ ok: 200, accepted: 202, wait: 302, badRequest: 400, notFound: 404, notAllowed: 405 },
  ...{ invalid: 422, broken: 500, notImplemented: 501 },
} as const
