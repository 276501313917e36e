import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Certificate } from './certificate.ts'
import type { StartOptions } from './contestants.ts'
import { freePort, type Server, startServer } from './server.ts'
import { find } from './tools.ts'

/** The limit: nginx sending the same bytes as static files, and a fixed answer under /v2/. */
export async function startNginx({ dir, certificate }: StartOptions, filesDir: string): Promise<Server> {
  const program = find('nginx')
  if (program === undefined) throw new Error('nginx is not installed')
  const port = await freePort()
  mkdirSync(join(dir, 'temp'), { recursive: true })
  const config = join(dir, 'nginx.conf')
  writeFileSync(config, nginxConfig(dir, filesDir, listener(port, certificate)))
  return startServer({
    name: 'nginx',
    command: [program, '-e', join(dir, 'server.log'), '-c', config],
    port,
    secure: certificate !== undefined,
    logFile: join(dir, 'server.log'),
  })
}

function listener(port: number, certificate: Certificate | undefined): string {
  const listen = `listen 127.0.0.1:${port} backlog=4096`
  if (certificate === undefined) return `${listen};`
  const { cert, key } = certificate
  return `${listen} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.3;`
}

function nginxConfig(dir: string, filesDir: string, listening: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${dir}/nginx.pid;
error_log ${dir}/server.log crit;
events { worker_connections 15000; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=5000 inactive=1h;
  open_file_cache_valid 1h;
  ${temporary.map((kind) => `${kind}_temp_path ${dir}/temp;`).join('\n  ')}
  server {
    ${listening}
    root ${filesDir};
    location = /v2/ { default_type application/json; return 200 '{}'; }
  }
}
`
}
