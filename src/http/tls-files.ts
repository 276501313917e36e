import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

export interface TlsPaths {
  readonly cert: string
  readonly key: string
  readonly clientCa?: string | undefined
}

export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly clientCa: string | undefined
}

/** @throws Error with a sentence for people when the files cannot be read or do not belong together */
export function loadTlsFiles({ cert, key, clientCa }: TlsPaths): TlsFiles {
  const files = {
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
    clientCa: clientCa === undefined ? undefined : readFileSync(clientCa, 'utf8'),
  }
  for (const [path, text] of [
    [cert, files.cert],
    [clientCa, files.clientCa],
  ] as const)
    if (text !== undefined) requireCertificate(path, text)
  if (!new X509Certificate(files.cert).checkPrivateKey(createPrivateKey(files.key)))
    throw new Error(`the key in ${key} does not belong to the certificate in ${cert}`)
  return files
}

function requireCertificate(path: string | undefined, text: string): void {
  try {
    new X509Certificate(text)
  } catch (cause) {
    throw new Error(`${path} holds no certificate in PEM form`, { cause })
  }
}

/** Changes whenever one of the files does, also when a link to it is moved (Kubernetes mounts secrets that way). */
export function tlsVersion({ cert, key, clientCa }: TlsPaths): string {
  const paths = clientCa === undefined ? [cert, key] : [cert, key, clientCa]
  return paths.map(versionOf).join('|')
}

function versionOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? 'missing' : `${found.mtimeMs}/${found.size}/${found.ino}`
}
