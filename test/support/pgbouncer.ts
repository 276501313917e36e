import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './postgres.ts'

/** Debian's own, which knows no prepared statements: whatever works through it works through all. */
export const hasPgbouncer = existsSync('/usr/sbin/pgbouncer')

export interface Pgbouncer {
  /** The same database through the pooler. */
  urlOf(url: string): string
  close(): Promise<void>
}

/**
 * A real PgBouncer in transaction mode: each transaction may get another connection to the server, of which there are
 * fewer than there are clients, so that nothing can last longer than a transaction.
 */
export async function startPgbouncer(postgresUrl: string): Promise<Pgbouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-pgbouncer-'))
  await chmod(folder, 0o755)
  const port = await freePort()
  const { hostname, port: serverPort } = new URL(postgresUrl)
  const config = join(folder, 'pgbouncer.ini')
  await writeFile(
    config,
    `[databases]
* = host=${hostname} port=${serverPort} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
max_db_connections = 4
server_reset_query_always = 1
logfile =
`,
  )
  // It refuses to run as root.
  const as = process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : []
  const child = Bun.spawn([...as, '/usr/sbin/pgbouncer', '-q', config], {
    ...{ stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', cwd: '/tmp' },
  })
  await listening(port, child.exited)
  return {
    urlOf: (url) => Object.assign(new URL(url), { host: `127.0.0.1:${port}` }).href,
    close: async () => {
      child.kill('SIGKILL')
      await child.exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function listening(port: number, exited: Promise<number>): Promise<void> {
  let code: number | undefined
  void exited.then((ended) => (code = ended))
  for (;;) {
    if (code !== undefined) throw new Error(`pgbouncer ended with ${code}`)
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (isThere) return
    await Bun.sleep(20)
  }
}
