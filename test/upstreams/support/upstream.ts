import { BY_OPERATOR } from '../../../src/cli/offline.ts'
import { createProject } from '../../../src/access/manage-projects.ts'
import { createUser } from '../../../src/auth/manage-users.ts'
import { addSource, type SourceInput } from '../../../src/proxy-cache/manage-sources.ts'
import { createRemote } from '../../../src/remotes/manage-remotes.ts'
import { type InProcess, openInProcess } from '../../e2e/support/in-process.ts'
import type { Registry } from '../../conformance/support/client.ts'
import { registryAt } from '../../e2e/support/server.ts'

/** What an upstream was asked. */
export interface AskedOf {
  readonly method: string
  readonly path: string
  readonly authorization: string | null
}

/** Answers instead of the upstream; undefined: the upstream answers. */
export type Instead = (request: Request) => Response | Promise<Response> | undefined

/** A registry behind a door that counts, and that can be told to misbehave. */
export interface WatchedUpstream {
  /** As a remote has it. */
  readonly url: string
  readonly asked: AskedOf[]
  /** Asked since it was forgotten, as `GET /v2/…`. */
  log(): string[]
  forget(): void
  instead(answer: Instead | undefined): void

  close(): Promise<void>
}

export function watch(target: string): WatchedUpstream {
  const asked: AskedOf[] = []
  let instead: Instead | undefined
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 60,
    fetch: async (request) => {
      const url = new URL(request.url)
      asked.push({ method: request.method, path: url.pathname, authorization: request.headers.get('authorization') })
      const other = await instead?.(request)
      if (other !== undefined) return other
      const answer = await fetch(`${target}${url.pathname}${url.search}`, {
        method: request.method,
        headers: request.headers,
        redirect: 'manual',
        decompress: false,
      })
      return new Response(request.method === 'HEAD' ? null : answer.body, {
        status: answer.status,
        headers: answer.headers,
      })
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    log: () => asked.map(({ method, path }) => `${method} ${path}`),
    forget: () => void asked.splice(0),
    instead: (answer) => {
      instead = answer
    },
    close: () => server.stop(true),
  }
}

/** The same registry, asked by an administrator. */
export async function asAdministrator(cache: InProcess): Promise<Registry> {
  const password = 'correct horse battery'
  const { management: m } = cache.app
  await createUser(m, BY_OPERATOR, { name: 'root', password, systemRole: 'administrator' })
  return cache.with({ authorization: `Basic ${btoa(`root:${password}`)}` })
}

/** Makes a remote, a public project of that name and a source, as an administrator would. */
export async function mirrorOf(
  cache: InProcess,
  name: string,
  url: string,
  input: Partial<SourceInput> = {},
): Promise<Registry> {
  const { management: m, remotes } = cache.app
  const address = { url, allowPrivate: true, insecureHttp: true }
  await createRemote({ m, secrets: remotes.secrets }, BY_OPERATOR, { name, ...address })
  await createProject(m, BY_OPERATOR, { name, public: true })
  await addSource(m, BY_OPERATOR, { remote: name, project: name, ...input })
  return registryAt(cache.url)
}

export interface Watched {
  readonly origin: InProcess
  readonly upstream: WatchedUpstream
  readonly cache: InProcess
  /** The cache as anybody sees it: its project `hub` is what the origin has. */
  readonly hub: Registry
  readonly admin: Registry
}

/** A registry, the door before it, and a cache of it. */
export async function openWatched(): Promise<Watched & { close(): Promise<void> }> {
  const origin = await openInProcess()
  const upstream = watch(origin.url)
  const cache = await openInProcess()
  const hub = await mirrorOf(cache, 'hub', upstream.url)
  const close = async () => {
    await cache.close()
    await upstream.close()
    await origin.close()
  }
  return { origin, upstream, cache, hub, admin: await asAdministrator(cache), close }
}
