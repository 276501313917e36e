import { until } from '../../e2e/support/until.ts'
import { expect } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import {
  addGrant,
  createProject,
  type GrantInput,
  removeGrant,
  removeProject,
  setVisibility,
} from '../../../src/access/manage-projects.ts'
import { listGrants } from '../../../src/access/grant-store.ts'
import type { By, Management } from '../../../src/access/management.ts'
import { findProject, type Project } from '../../../src/access/project-store.ts'
import { type App, type AppOptions, createApp } from '../../../src/app.ts'
import { createKey, type KeyInput, type MadeKey } from '../../../src/auth/manage-keys.ts'
import { createRobot, type RobotInput } from '../../../src/auth/manage-robots.ts'
import { createUser, type UserInput } from '../../../src/auth/manage-users.ts'
import { findRobot, type Robot } from '../../../src/auth/robot-store.ts'
import { findUser, type SystemRole, type User } from '../../../src/auth/user-store.ts'
import { verifyAudit } from '../../../src/audit/verify.ts'
import { parseConfig } from '../../../src/config/load.ts'
import { OPERATOR } from '../../../src/lib/actor.ts'
import { createLog } from '../../../src/observability/log.ts'
import type { Answer, Ask, Registry } from '../../conformance/support/client.ts'
import { TestClock } from '../../e2e/support/in-process.ts'
import { answerOf, basic, bearer, type Headers } from '../../e2e/support/server.ts'
import { ownDatabase } from '../../support/postgres.ts'
import { rowsOf } from '../../support/rows.ts'

export const BY: By = { actor: OPERATOR, principal: undefined }
export const ORIGIN = 'https://registry.test'
/** A proxy that is trusted, so that a test can come from any address. */
export const PROXY = '198.51.100.1'

export interface AuditLine {
  readonly id: number
  readonly actor: string
  readonly actor_name: string
  readonly action: string
  readonly target: string
  readonly outcome: string
  readonly detail: string
}

/** The whole registry without a socket: requests go straight to what a socket would hand them to. */
export class World implements Registry {
  readonly app: App
  readonly clock: TestClock
  readonly dataDir: string
  readonly host = 'registry.test'
  /** Every secret that was made; none of them may ever be seen again. */
  readonly secrets: Set<string>
  readonly #log: string[]
  readonly #always: Headers

  private constructor(
    parts: Pick<World, 'app' | 'clock' | 'dataDir' | 'secrets'>,
    log: string[],
    always: Headers = {},
  ) {
    this.app = parts.app
    this.clock = parts.clock
    this.dataDir = parts.dataDir
    this.secrets = parts.secrets
    this.#log = log
    this.#always = always
  }

  static async open(
    config: Readonly<Record<string, unknown>> = {},
    more: Pick<AppOptions, 'evidence'> = {},
  ): Promise<World> {
    // What the registry starts is the program, and no test.
    process.argv[1] = new URL('../../../src/main.ts', import.meta.url).pathname
    const dataDir = await mkdtemp(join(tmpdir(), 'berth-test-'))
    const clock = new TestClock()
    // Real providers beside it live in the present.
    clock.advance(Date.now() - clock.now().getTime())
    const lines: string[] = []
    const log = createLog({ level: 'debug', now: () => clock.now(), write: (line) => void lines.push(line) })
    const app = await createApp({
      config: parseConfig({
        listen: '0.0.0.0:0',
        data: dataDir,
        ...(await ownDatabase(dataDir)),
        externalUrl: ORIGIN,
        trustedProxies: [`${PROXY}/32`],
        ...config,
      }),
      clock,
      log,
      instance: 'test',
      ...more,
      onBroken: (error) => log.error('broken', { error }),
    })
    return new World({ app, clock, dataDir, secrets: new Set() }, lines)
  }

  get m(): Management {
    return this.app.management
  }

  /** The same registry asked with more headers. */
  with(headers: Headers): World {
    return new World(this, this.#log, { ...this.#always, ...headers })
  }

  /** Everything that was logged. */
  log(): string {
    return this.#log.join('')
  }

  /** What was logged as an error: nothing, unless a test breaks something on purpose. */
  errors(): string {
    return this.#log.filter((line) => line.includes('"level":"error"')).join('')
  }

  repository(label: string): string {
    return `access/${label}`
  }

  async send(method: string, path: string, { headers, body, query }: Ask = {}): Promise<Answer> {
    const url = new URL(path, ORIGIN)
    for (const [key, value] of Object.entries(query ?? {}))
      for (const one of typeof value === 'string' ? [value] : value) url.searchParams.append(key, one)
    const request = new Request(url.href, {
      method,
      headers: {
        ...this.#always,
        ...headers,
        ...(body instanceof Uint8Array ? { 'content-length': `${body.length}` } : {}),
      },
      ...(body === undefined ? {} : { body }),
    })
    const connection = { scheme: 'https', peer: () => PROXY, takeTheTime: () => undefined }
    const answer = await answerOf(`${method} ${url.pathname}${url.search}`, await this.app.fetch(request, connection))
    // The socket would say so.
    if (method !== 'HEAD' && answer.status !== 204) answer.headers.set('content-length', `${answer.bytes.length}`)
    return answer
  }

  /** A call of the admin API with JSON. */
  api(method: string, path: string, headers: Headers, body?: unknown): Promise<Answer> {
    const bytes = body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body))
    return this.send(method, `/api/v1${path}`, { headers, ...(bytes === undefined ? {} : { body: bytes }) })
  }

  async user(name: string, more: { systemRole?: SystemRole; email?: string; password?: string } = {}): Promise<Person> {
    const password = more.password ?? `pass word of ${name}`
    this.secrets.add(password)
    const { systemRole = 'none', email } = more
    const made = await createUser(this.m, BY, { name, password, email, systemRole })
    return { id: `user:${made.id}`, name, password, basic: basic(name, password) }
  }

  async project(name: string, isPublic = false): Promise<Project> {
    return createProject(this.m, BY, { name, public: isPublic })
  }

  async projectNamed(name: string): Promise<Project> {
    return found(await findProject(this.m.database.reader, name))
  }

  async removeProject(name: string): Promise<void> {
    await removeProject(this.m, BY, await this.projectNamed(name))
  }

  async setPublic(name: string, isPublic: boolean): Promise<void> {
    await setVisibility(this.m, BY, await this.projectNamed(name), isPublic)
  }

  async grant(project: string, subject: string, allows: string, pattern?: string): Promise<void> {
    const input: GrantInput = { subject, allows, pattern }
    await addGrant(this.m, BY, await this.projectNamed(project), input)
  }

  async ungrant(project: string, subject: string): Promise<void> {
    const { id: projectId } = await this.projectNamed(project)
    for (const grant of await listGrants(this.m.database.reader, projectId))
      if (grant.subject === subject) await removeGrant(this.m, BY, await this.projectNamed(project), grant.id)
  }

  async robot(project: string | undefined, input: RobotInput, by: By = BY): Promise<RobotAccount> {
    const of = project === undefined ? undefined : await this.projectNamed(project)
    const { name, secret = '' } = await createRobot(this.m, by, of, input)
    if (secret !== '') this.secrets.add(secret)
    const robot = await this.robotNamed(name)
    return { id: `robot:${robot.id}`, name, password: secret, basic: basic(name, secret) }
  }

  async robotNamed(name: string): Promise<Robot> {
    return found(await findRobot(this.m.database.reader, name))
  }

  async userNamed(name: string): Promise<User> {
    return found(await findUser(this.m.database.reader, name))
  }

  async key(owner: Person, input: Partial<KeyInput> = {}): Promise<MadeKey & { readonly basic: Headers }> {
    const key = await createKey(this.m, BY, await this.userNamed(owner.name), {
      name: `key ${this.secrets.size}`,
      ...input,
    })
    this.secrets.add(key.secret)
    return { ...key, basic: basic(owner.name, key.secret) }
  }

  /** What to send to come with a token for these scopes. */
  async token(credentials: Headers, ...scopes: readonly string[]): Promise<Headers> {
    const answer = await this.send('GET', '/token', { headers: credentials, query: { scope: scopes } })
    expect(answer).toHaveProperty('status', 200)
    const { token } = z.object({ token: z.string() }).parse(JSON.parse(answer.text))
    this.secrets.add(token)
    return bearer(token)
  }

  async refreshToken(credentials: Headers): Promise<string> {
    const answer = await this.send('GET', '/token', { headers: credentials, query: { offline_token: 'true' } })
    const { refresh_token } = z.object({ refresh_token: z.string() }).parse(JSON.parse(answer.text))
    this.secrets.add(refresh_token)
    return refresh_token
  }

  redeem(refreshToken: string, scope = ''): Promise<Answer> {
    return this.form('/token', { grant_type: 'refresh_token', refresh_token: refreshToken, scope, client_id: 'test' })
  }

  form(path: string, fields: Readonly<Record<string, string>>, headers: Headers = {}): Promise<Answer> {
    const body = new TextEncoder().encode(new URLSearchParams(fields).toString())
    return this.send('POST', path, {
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    })
  }

  /** Signs in with the form, as a browser does. */
  async browser(person: Pick<Person, 'name' | 'password'>): Promise<Browser> {
    const shown = await this.send('GET', '/auth/')
    const visitor = cookieOf(shown)
    const fields = { username: person.name, password: person.password, csrf: csrfOf(shown) }
    // Whoever guessed much a moment ago has used up the time for wrong passwords, for newcomers too.
    const signedIn = await until('the form is looked at', async () => {
      const answer = await this.form('/auth/sign-in', fields, { cookie: visitor, origin: ORIGIN })
      return answer.status === 429 ? undefined : answer
    })
    expect(signedIn).toHaveProperty('status', 303)
    const cookie = cookieOf(signedIn)
    this.secrets.add(cookie.slice(cookie.indexOf('=') + 1))
    const csrf = csrfOf(await this.send('GET', '/auth/', { headers: { cookie } }))
    return {
      cookie,
      csrf,
      headers: { cookie, 'x-csrf-token': csrf, origin: ORIGIN },
      withoutCsrf: { cookie, origin: ORIGIN },
    }
  }

  /** Rows of the audit after a certain one. */
  async audit(after = 0): Promise<AuditLine[]> {
    await this.m.recorder.seal()
    return this.query<AuditLine>(
      'select id, actor, actor_name, action, target, outcome, detail from audit where id > ? order by id',
      after,
    )
  }

  /** Rows of one statement, in which `?` stands for each parameter; sorted by their text where it says no order. */
  query<T>(sql: string, ...parameters: (string | number)[]): Promise<T[]> {
    return rowsOf<T>(this.app.database, sql, parameters)
  }

  async checkAudit(): Promise<void> {
    await this.m.recorder.seal()
    expect(await verifyAudit(this.m.database.reader)).toMatchObject({ broken: undefined, waiting: 0 })
  }

  /** No secret that was made here stands in the log or in the audit. */
  async checkNoSecrets(): Promise<void> {
    const tables = [await this.query('select * from audit'), await this.query('select * from audit_inbox')]
    const audit = JSON.stringify(tables)
    for (const [where, text] of [
      ['log', this.log()],
      ['audit', audit],
    ] as const)
      for (const secret of this.secrets) if (text.includes(secret)) throw new Error(`${secret} is in the ${where}`)
  }

  async close(): Promise<void> {
    await this.app.close()
    await rm(this.dataDir, { recursive: true, force: true })
  }
}

export interface Person {
  /** Of the principal. */
  readonly id: string
  readonly name: string
  readonly password: string
  readonly basic: Headers
}
export type RobotAccount = Person

export interface Browser {
  readonly cookie: string
  readonly csrf: string
  /** For changes. */
  readonly headers: Headers
  readonly withoutCsrf: Headers
}

export type { UserInput }

export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there')
  return value
}

export function cookieOf(answer: Answer): string {
  return found(answer.headers.getSetCookie()[0]).split(';')[0] ?? ''
}

export function csrfOf(answer: Answer): string {
  return /name="csrf" value="([^"]+)"/.exec(answer.text)?.[1] ?? ''
}

/** An address that nobody used before. */
let addresses = 0
export function fromElsewhere(): Headers {
  addresses++
  return { 'x-forwarded-for': `203.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}` }
}
