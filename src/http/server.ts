import type { ListenAddress } from '../lib/addresses.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../observability/log.ts'
import type { Connection } from './pipeline.ts'
import { loadTlsFiles, type TlsFiles, type TlsPaths, tlsVersion } from './tls-files.ts'

/** Above the 90 s to 120 s for which clients keep idle connections: they do not repeat a POST that met a closed one. */
const IDLE_SECONDS = 130
const TLS_CHECK_MS = 5000

export interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly tls: TlsPaths | undefined
  /** Other workers listen on the same port. */
  readonly shared: boolean
  readonly fetch: (request: Request, connection: Connection) => Promise<Response>
  readonly clock: Clock
  readonly log: Log
}

export interface RunningServer {
  readonly url: string
  readonly port: number
  /** Refuses new connections and waits for running requests; those that take longer than `drainMs` are cut off. */
  stop(drainMs: number): Promise<void>
}

/**
 * Throws when somebody listens on the port already. A port that is shared on purpose would be shared with strangers
 * too, and the kernel would deal connections out among them.
 */
export function requireFreePort({ host, port }: ListenAddress): void {
  if (port === 0) return
  void Bun.serve({ hostname: host, port, fetch: () => new Response() }).stop(true)
}

type BunServer = ReturnType<typeof Bun.serve>

export function startServer(options: ServerOptions): RunningServer {
  const { host, tls, shared, clock } = options
  const stopping = new AbortController()
  const retired = new Set<BunServer>()
  let server = listen(options, options.port, shared || tls !== undefined)
  const port = server.port ?? options.port
  if (tls !== undefined) void watchTls(options, stopping.signal, () => replace())

  /** The new certificate needs a new listener: it joins the port, then the old one stops taking connections. */
  function replace(): void {
    const old = server
    server = listen(options, port, true)
    retired.add(old)
    void old.stop().then(() => retired.delete(old))
  }

  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    stop: async (drainMs) => {
      const ended = new AbortController()
      stopping.abort()
      const all = [server, ...retired]
      await Promise.race([Promise.all(all.map((each) => each.stop())), clock.sleep(drainMs, ended.signal)])
      ended.abort()
      await Promise.all(all.map((each) => each.stop(true)))
    },
  }
}

function listen({ host, tls, fetch, log }: ServerOptions, port: number, reusePort: boolean): BunServer {
  const scheme = tls === undefined ? 'http' : 'https'
  return Bun.serve({
    hostname: host,
    port,
    reusePort,
    idleTimeout: IDLE_SECONDS,
    // Uploads have their own limit; the default of 128 MiB would refuse ordinary layers.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    ...(tls === undefined ? {} : { http2: true, tls: bunTls(loadTlsFiles(tls)) }),
    error: (error) => {
      log.error('no answer could be made', { error })
      return new Response(null, { status: 500 })
    },
    fetch: (request, server) =>
      fetch(request, {
        scheme,
        peer: () => server.requestIP(request)?.address ?? '',
        takeTheTime: () => server.timeout(request, 0),
      }),
  })
}

function bunTls({ cert, key, clientCa }: TlsFiles): Bun.TLSOptions {
  if (clientCa === undefined) return { cert, key }
  return { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: true }
}

/** Looks at the files every few seconds; a pair that does not load leaves the old one in force. */
async function watchTls({ tls, clock, log }: ServerOptions, signal: AbortSignal, replace: () => void): Promise<void> {
  if (tls === undefined) return
  let version = tlsVersion(tls)
  for (;;) {
    await clock.sleep(TLS_CHECK_MS, signal)
    if (signal.aborted) return
    const current = tlsVersion(tls)
    if (current === version) continue
    version = current
    try {
      loadTlsFiles(tls)
      replace()
      log.info('certificate replaced', { cert: tls.cert })
    } catch (error) {
      log.error('the new certificate cannot be used, the old one stays', { cert: tls.cert, error })
    }
  }
}
