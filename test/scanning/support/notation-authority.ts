import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Absent: whatever needs certificates of its own is skipped, by name. */
export const OPENSSL = Bun.which('openssl') ?? undefined

/** Somebody with a key and a certificate. */
export interface Party {
  readonly name: string
  readonly key: KeyObject
  readonly pem: string
  readonly der: Buffer
  /** The certificates after this one, up to the root. */
  readonly above: readonly Party[]
}

export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'ed25519' | 1024 | 2048 | 3072 | 4096 | 2304

export interface Wanted {
  readonly name?: string
  /** As openssl takes it; `/C=US/ST=WA/O=example/CN=…` otherwise. */
  readonly subject?: string
  readonly key?: KeyKind | KeyObject
  /** Lines of an openssl extension section. */
  readonly extensions?: readonly string[]
  readonly days?: number
  readonly hash?: 'sha1' | 'sha256' | 'sha384'
}

export const ROOT = ['basicConstraints=critical,CA:true', 'keyUsage=critical,keyCertSign,cRLSign']
export const LEAF = ['basicConstraints=CA:false', 'keyUsage=critical,digitalSignature', 'extendedKeyUsage=codeSigning']
export const STAMPER = ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=critical,timeStamping']

/** Where openssl works; removed by `close`. */
export class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), 'berth-notation-'))
  #made = 0

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  at(name: string): string {
    return join(this.#folder, name)
  }

  openssl(...args: readonly string[]): void {
    const { exitCode, stderr } = Bun.spawnSync([OPENSSL ?? 'openssl', ...args], { cwd: this.#folder, stderr: 'pipe' })
    if (exitCode !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr.toString()}`)
  }

  /** A certificate that its issuer signs, or that signs itself. */
  issue(wanted: Wanted, issuer?: Party): Party {
    const id = `p${this.#made++}`
    const { name = id, key: kind = 'P-256', days = 30, hash = 'sha256' } = wanted
    const extensions = wanted.extensions ?? (issuer === undefined ? ROOT : LEAF)
    const key = typeof kind === 'object' ? kind : newKey(kind)
    const subject = wanted.subject ?? `/C=US/ST=WA/O=example/CN=${name}`
    writeFileSync(this.at(`${id}.key`), key.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(this.at(`${id}.ext`), `[x]\n${extensions.join('\n')}\n`)
    this.openssl('req', '-new', '-utf8', '-multivalue-rdn', '-key', `${id}.key`, '-subj', subject, '-out', `${id}.csr`)
    if (issuer !== undefined) this.#write('issuer', issuer)
    const signer = issuer === undefined ? ['-signkey', `${id}.key`] : ['-CA', 'issuer.pem', '-CAkey', 'issuer.key']
    const validity = ['-days', String(days), '-set_serial', String(1000 + this.#made), `-${hash}`]
    const section = extensions.length === 0 ? [] : ['-extfile', `${id}.ext`, '-extensions', 'x']
    this.openssl('x509', '-req', '-in', `${id}.csr`, ...signer, ...validity, ...section, '-out', `${id}.pem`)
    const pem = readFileSync(this.at(`${id}.pem`), 'utf8')
    const above = issuer === undefined ? [] : [issuer, ...issuer.above]
    return { name, key, pem, der: new X509Certificate(pem).raw, above }
  }

  #write(name: string, { key, pem }: Party): void {
    writeFileSync(this.at(`${name}.key`), key.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(this.at(`${name}.pem`), pem)
  }

  /** A TimeStampToken of RFC 3161, made now. */
  stamp(bytes: Uint8Array, by: Party, options: StampOptions = {}): Buffer {
    writeFileSync(this.at('data'), bytes)
    this.openssl('ts', '-query', '-data', 'data', `-${options.hash ?? 'sha256'}`, '-cert', '-out', 'query')
    return this.#reply(by, options, ['-token_out'])
  }

  /** What an authority answers to a TimeStampReq. */
  answerStampQuery(query: Uint8Array, by: Party): Buffer {
    writeFileSync(this.at('query'), query)
    return this.#reply(by, {}, [])
  }

  #reply(by: Party, options: StampOptions, form: readonly string[]): Buffer {
    const { certificates = [by, ...by.above], accuracy, v1 = false } = options
    this.#write('tsa', by)
    writeFileSync(this.at('chain.pem'), certificates.map(({ pem }) => pem).join('\n'))
    writeFileSync(this.at('serial'), '01')
    writeFileSync(this.at('ts.cnf'), tsConfiguration(accuracy, v1))
    const signer = ['-signer', 'tsa.pem', '-inkey', 'tsa.key', '-chain', 'chain.pem']
    const files = ['-config', 'ts.cnf', '-section', 'tsa', '-queryfile', 'query', '-out', 'reply']
    this.openssl('ts', '-reply', ...files, ...signer, ...form)
    return readFileSync(this.at('reply'))
  }
}

export interface StampOptions {
  readonly hash?: 'sha1' | 'sha256' | 'sha384' | 'sha512'
  readonly certificates?: readonly Party[]
  readonly accuracy?: number
  /** Names its certificate by SHA-1 only (RFC 2634). */
  readonly v1?: boolean
}

function tsConfiguration(accuracy: number | undefined, v1: boolean): string {
  return [
    '[tsa]',
    'serial = serial',
    'default_policy = 1.2.3.4.1',
    'digests = sha1, sha256, sha384, sha512',
    'signer_digest = sha256',
    ...(accuracy === undefined ? [] : [`accuracy = secs:${accuracy}`]),
    `ess_cert_id_alg = ${v1 ? 'sha1' : 'sha256'}`,
    '',
  ].join('\n')
}

function newKey(kind: KeyKind): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey
  if (typeof kind === 'number') return generateKeyPairSync('rsa', { modulusLength: kind }).privateKey
  return generateKeyPairSync('ec', { namedCurve: kind }).privateKey
}
