import { join } from 'node:path'
import { find } from './tools.ts'

/** PEM files. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** ECDSA on P-256, as certificates are today, signed by itself. @throws Error without openssl, or with what it said */
export function makeCertificate(dir: string): Certificate {
  const cert = join(dir, 'cert.pem')
  const key = join(dir, 'key.pem')
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2']
  const named = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', key, '-out', cert]
  const { exitCode, stderr } = Bun.spawnSync([find('openssl') ?? 'openssl', ...words, ...named, ...files])
  if (exitCode !== 0) throw new Error(`openssl made no certificate: ${stderr}`)
  return { cert, key }
}

/** For `fetch`: nobody vouches for a certificate that was made for one run. */
export const ANY_CERTIFICATE = { tls: { rejectUnauthorized: false } } as const
