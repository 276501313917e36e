import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { Problem } from '../../lib/problem.ts'
import { parseAuthorities } from '../../remotes/credentials.ts'
import { parseRemoteUrl, requireAllowedAddress } from '../../remotes/remote-address.ts'

const HOUR_SECONDS = 3600

const timeoutSeconds = z
  .int()
  .min(10)
  .max(6 * HOUR_SECONDS)
  .default(HOUR_SECONDS / 2)
const registryUrl = z.string().max(500).optional()
const flag = z.boolean().default(false)

export const AUTHENTICATIONS = ['none', 'basic', 'bearer', 'api-key'] as const

export const harborSettings = z.strictObject({
  url: z.string().max(500).describe('https://HOST, or a path at it; without /api/v1.'),
  authentication: z.enum(AUTHENTICATIONS).default('none').describe('How its secret is said to it.'),
  username: z.string().max(255).optional().describe('With the authentication "basic".'),
  ca: z.string().max(262_144).optional().describe('Authorities of its certificate, PEM, instead of the system’s.'),
  allowPrivate: flag.describe('Whether it may be at an address of a private network, or of this machine.'),
  insecureHttp: flag.describe('Whether plain HTTP is allowed to another machine.'),
  registryUrl: registryUrl.describe('How it reaches this registry, where that is not the external URL.'),
  timeoutSeconds: timeoutSeconds.describe('For a scan.'),
})

const toolSettings = z.strictObject({
  program: z.string().min(1).max(500),
  skipUpdate: flag,
  insecure: flag,
  registryUrl,
  timeoutSeconds,
})
const grypeSettings = toolSettings
const trivySettings = toolSettings.extend({
  server: z.string().max(500).optional(),
  dbRepository: z.string().max(500).optional(),
})

/** What a scanner that is not ours is, and where. */
export type ScannerSettings =
  | ({ readonly kind: 'harbor' } & z.infer<typeof harborSettings>)
  | ({ readonly kind: 'trivy' } & z.infer<typeof trivySettings>)
  | ({ readonly kind: 'grype' } & z.infer<typeof grypeSettings>)

export const SCANNER_KINDS = ['harbor', 'trivy', 'grype'] as const

/** As a row has them. @throws Error when another version wrote something that we do not know */
export function readSettings(kind: string, text: string): ScannerSettings {
  const value: unknown = JSON.parse(text)
  if (kind === 'harbor') return { kind, ...harborSettings.parse(value) }
  if (kind === 'trivy') return { kind, ...trivySettings.parse(value) }
  if (kind === 'grype') return { kind, ...grypeSettings.parse(value) }
  throw new Error(`nobody here knows scanners of the kind "${kind}"`)
}

export function writeSettings({ kind: _, ...settings }: ScannerSettings): string {
  return JSON.stringify(settings)
}

/** What somebody asked for, made whole. @throws Problem */
export function parseSettings(input: { readonly kind: string } & Readonly<Record<string, unknown>>): ScannerSettings {
  const settings = settle(input)
  if (settings.registryUrl !== undefined) parseRemoteUrl(settings.registryUrl, true)
  if (settings.kind === 'harbor') return settleHarbor(settings)
  requireProgram(settings.program)
  if (settings.kind === 'trivy') {
    if (settings.server !== undefined) parseRemoteUrl(settings.server, true)
    if (settings.dbRepository !== undefined && !/^[a-z0-9][a-z0-9._:/@-]*$/.test(settings.dbRepository))
      throw new Problem('invalid', 'the place of Trivy’s data is a repository: registry.example/mirror/trivy-db:2')
  }
  return settings
}

function settle({ kind, ...rest }: { readonly kind: string } & Readonly<Record<string, unknown>>): ScannerSettings {
  try {
    return readSettings(kind, JSON.stringify(rest))
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw new Problem('invalid', `a scanner is one of ${SCANNER_KINDS.join(', ')}`)
    const [issue] = error.issues
    throw new Problem('invalid', `the scanner’s settings: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
}

function settleHarbor(settings: Extract<ScannerSettings, { kind: 'harbor' }>): ScannerSettings {
  const { allowPrivate, insecureHttp, authentication, username, ca } = settings
  const url = parseRemoteUrl(settings.url, insecureHttp)
  requireAllowedAddress(url, allowPrivate)
  if ((authentication === 'basic') !== (username !== undefined))
    throw new Problem('invalid', 'a user name belongs to the authentication "basic", and to no other')
  // RFC 7617 §2.
  if (username !== undefined && !/^[^\p{Cc}:]+$/u.test(username))
    throw new Problem('invalid', 'a user name has 1 to 255 characters, and none of them is ":"')
  return { ...settings, url, ...(ca === undefined ? {} : { ca: parseAuthorities(ca) }) }
}

/** A name is looked up in the PATH; a path is one. */
function requireProgram(program: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(program) || isAbsolute(program)) return
  throw new Problem('invalid', 'the program of a scanner is its name in the PATH, or a path that begins with "/"')
}
