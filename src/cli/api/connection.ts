import { readTextFile } from '../../auth/secret-file.ts'
import { type AdminClient, createAdminClient } from '../../client/admin/admin-client.ts'
import { createEgress, type Egress, EgressError } from '../../client/egress.ts'
import { createPlainEgress } from '../../client/plain-egress.ts'
import { TOKEN_USER } from '../credential.ts'
import { openCredentialStore } from '../credential-store.ts'
import { findDockerLogin } from '../docker-logins.ts'
import { UsageError } from '../exit-codes.ts'
import type { Surroundings } from '../user-surroundings.ts'
import { readFileText } from './read-input.ts'
import { parseServer, type ServerAddress } from './server-address.ts'
import type { Where } from './where.ts'

export interface ConnectionFlags {
  readonly caFile?: string
  readonly insecureHttp?: boolean
  readonly tokenFile?: string
  readonly user?: string
  readonly passwordStdin?: boolean
  /** The server is to answer when it is done. */
  readonly wait?: boolean
}

/** Collecting, scanning and large files take their time. */
const TIMEOUT_MS = 30 * 60_000
/** What only reads has begun to answer by then. */
const HEAD_TIMEOUT_MS = 60_000
const MAX_ANSWER_BYTES = 80 * 1024 * 1024

/** The API of a server, as whoever is signed in to it here. @throws UsageError, Error with a sentence for people */
export async function connect(here: Surroundings, where: Where, flags: ConnectionFlags): Promise<AdminClient> {
  const insecureHttp = flags.insecureHttp === true || where.insecureHttp === true
  const address = parseServer(where.server, insecureHttp)
  const ask = egressTo(address, insecureHttp, flags.caFile ?? where.caFile)
  const authorization = await authorizationFor(here, address, flags)
  return createAdminClient({
    origin: address.origin,
    headers: authorization === undefined ? {} : { authorization },
    fetch: (request) => send(ask, request, flags.wait === true),
  })
}

function egressTo({ origin }: ServerAddress, insecureHttp: boolean, caFile: string | undefined): Egress {
  const limits = { timeoutMs: TIMEOUT_MS, maxBodyBytes: MAX_ANSWER_BYTES }
  if (insecureHttp && origin.startsWith('http:')) return createPlainEgress(origin, limits)
  return createEgress({ origin, ...limits, ca: caFile === undefined ? undefined : readTextFile(caFile) })
}

async function send(ask: Egress, request: Request, waits: boolean): Promise<Response> {
  const reads = ['GET', 'HEAD'].includes(request.method)
  const body = reads ? undefined : await request.text()
  const { method, headers, url } = request
  const headTimeoutMs = reads && !waits ? HEAD_TIMEOUT_MS : undefined
  const init = { method, headers: Object.fromEntries(headers), ...(body ? { body } : {}), headTimeoutMs }
  return ask(url, init).catch((error: unknown) => {
    throw explained(error)
  })
}

/** Why: a certificate that nobody here knows is told apart from a machine that is off. */
function explained(error: unknown): unknown {
  const { cause } = error instanceof EgressError ? error : {}
  if (!(error instanceof EgressError) || !(cause instanceof Error)) return error
  return new EgressError(error.message.split(' ')[0] ?? '', `cannot be reached: ${cause.message}`, cause)
}

async function authorizationFor(
  here: Surroundings,
  { host }: ServerAddress,
  { tokenFile, user, passwordStdin = false }: ConnectionFlags,
): Promise<string | undefined> {
  if (tokenFile !== undefined) {
    if (user !== undefined) throw new UsageError('say --user or --token-file, not both')
    return fromToken((await readFileText(tokenFile)).trim())
  }
  if (user !== undefined) return basic(user, await passwordOf(passwordStdin))
  if (passwordStdin) throw new UsageError('--password-stdin needs --user')
  const { BERTH_TOKEN = '' } = here.environment
  if (BERTH_TOKEN !== '') return fromToken(BERTH_TOKEN.trim())
  const kept = await (await openCredentialStore(here)).find(host)
  if (kept !== undefined) return proofOf(kept.Username, kept.Secret)
  const login = await findDockerLogin(here, host).catch(() => undefined)
  return login && proofOf(login.username, login.password)
}

function fromToken(token: string): string {
  if (token === '' || /[\r\n]/.test(token))
    throw new UsageError('a token is one line: NAME:SECRET, or that of berth login')
  const colon = token.indexOf(':')
  return colon < 0 ? `Bearer ${token}` : basic(token.slice(0, colon), token.slice(colon + 1))
}

function proofOf(username: string, secret: string): string {
  return username === TOKEN_USER ? `Bearer ${secret}` : basic(username, secret)
}

async function passwordOf(fromInput: boolean): Promise<string> {
  const { readPassword } = await import('../password.ts')
  if (!fromInput && !process.stdin.isTTY)
    throw new UsageError('there is no terminal to ask for the password: say --password-stdin, or "berth login" before')
  return readPassword()
}

function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
}
