import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '../../../src/oci/digest.ts'
import { must } from '../../clients/support/command.ts'

/** Authorities of one’s own, made with openssl: certificates as Fulcio gives them, a clock, and a log as Rekor keeps it. */
const LONG_AGO = '2020-01-01T00:00:00Z'
export const ISSUER = 'https://idp.example.test'
const ROOT_MEDIA_TYPE = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1'
const TSA = `[tsa]
default_tsa=t
[t]
serial=./serial
signer_cert=./tsa.pem
signer_key=./tsa.key
certs=./root.pem
signer_digest=sha256
default_policy=1.2.3.4
digests=sha256
ess_cert_id_chain=no
`

export interface Leaf {
  readonly pem: string
  readonly key: KeyObject
}

export class PrivateSigstore {
  readonly #folder: string
  readonly #log = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<PrivateSigstore> {
    const made = new PrivateSigstore(await mkdtemp(join(tmpdir(), 'berth-sigstore-')))
    await made.#makeRoot()
    await made.#issue('tsa', 'keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n', 3650)
    await writeFile(made.#at('tsa.cnf'), TSA)
    await writeFile(made.#at('serial'), '01\n')
    return made
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  #at(name: string): string {
    return join(this.#folder, name)
  }

  #openssl(...args: readonly string[]): Promise<string> {
    return must(['openssl', ...args], { cwd: this.#folder })
  }

  async #makeRoot(): Promise<void> {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const use = ['-addext', 'basicConstraints=critical,CA:true', '-addext', 'keyUsage=critical,keyCertSign,cRLSign']
    const root = ['-keyout', 'root.key', '-out', 'root.pem', '-days', '3650', '-subj', '/O=test/CN=root']
    await this.#openssl('req', '-x509', ...curve, ...root, ...use)
  }

  async #issue(name: string, extensions: string, days: number): Promise<Leaf> {
    await writeFile(this.#at(`${name}.ext`), extensions)
    await this.#openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`)
    await this.#openssl('req', '-new', '-key', `${name}.key`, '-subj', `/O=test/CN=${name}`, '-out', `${name}.csr`)
    const by = ['-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-days', String(days)]
    await this.#openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-extfile', `${name}.ext`, '-out', `${name}.pem`)
    const key = createPrivateKey(await readFile(this.#at(`${name}.key`)))
    return { pem: await readFile(this.#at(`${name}.pem`), 'utf8'), key }
  }

  /** For a day. */
  leaf(names: string, { usage = 'codeSigning' } = {}): Promise<Leaf> {
    const extensions = [
      'keyUsage=critical,digitalSignature',
      `extendedKeyUsage=${usage}`,
      `subjectAltName=${names}`,
      `1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:${ISSUER}`,
    ]
    return this.#issue(`leaf-${crypto.randomUUID()}`, `${extensions.join('\n')}\n`, 1)
  }

  /** What the clock says of a signature, as RFC 3161 has it. */
  async stamp(signature: Uint8Array): Promise<string> {
    await writeFile(this.#at('signature'), signature)
    await this.#openssl('ts', '-query', '-data', 'signature', '-sha256', '-cert', '-out', 'q.tsq')
    return Buffer.from(await this.answer(await readFile(this.#at('q.tsq')))).toString('base64')
  }

  /** The clock's answer to a request of RFC 3161. */
  async answer(query: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    await writeFile(this.#at('q.tsq'), query)
    await this.#openssl('ts', '-reply', '-queryfile', 'q.tsq', '-config', 'tsa.cnf', '-section', 't', '-out', 'r.tsr')
    return new Uint8Array(await readFile(this.#at('r.tsr')))
  }

  rootPem(): Promise<string> {
    return readFile(this.#at('root.pem'), 'utf8')
  }

  #logId(): Buffer {
    return createHash('sha256').update(this.#logKey()).digest()
  }

  #logKey(): Buffer {
    return this.#log.publicKey.export({ type: 'spki', format: 'der' })
  }

  /** An entry of the log, with its promise to keep it: that is a signature over the time, too. */
  entry(body: unknown, at: Date) {
    const canonicalizedBody = Buffer.from(JSON.stringify(body)).toString('base64')
    const { kind, apiVersion } = body as { kind: string; apiVersion: string }
    const integratedTime = Math.floor(at.getTime() / 1000)
    // In the order of RFC 8785.
    const promised = { body: canonicalizedBody, integratedTime, logID: this.#logId().toString('hex'), logIndex: 7 }
    const promise = sign('sha256', Buffer.from(JSON.stringify(promised)), this.#log.privateKey).toString('base64')
    return {
      logIndex: '7',
      logId: { keyId: this.#logId().toString('base64') },
      kindVersion: { kind, version: apiVersion },
      integratedTime: String(integratedTime),
      inclusionPromise: { signedEntryTimestamp: promise },
      canonicalizedBody,
    }
  }

  async root({ clock = false, log = false, logIsDated = true } = {}) {
    const der = async (name: string) => ({
      rawBytes: new X509Certificate(await readFile(this.#at(name))).raw.toString('base64'),
    })
    const validFor = { start: LONG_AGO }
    const [root, tsa] = [await der('root.pem'), await der('tsa.pem')]
    const logs = {
      baseUrl: 'https://log.example.test',
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: this.#logKey().toString('base64'),
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        ...(logIsDated && { validFor: { start: LONG_AGO } }),
      },
      logId: { keyId: this.#logId().toString('base64') },
    }
    return {
      mediaType: ROOT_MEDIA_TYPE,
      tlogs: log ? [logs] : [],
      ctlogs: [],
      certificateAuthorities: [{ subject: {}, uri: '', certChain: { certificates: [root] }, validFor }],
      timestampAuthorities: clock ? [{ subject: {}, uri: '', certChain: { certificates: [tsa, root] }, validFor }] : [],
    }
  }
}

export const IN_TOTO = 'application/vnd.in-toto+json'

export function statement(digest: Digest, predicateType = 'https://sigstore.dev/cosign/sign/v1'): string {
  const subject = [{ digest: { sha256: digest.slice('sha256:'.length) } }]
  return JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate: {} })
}

/** An envelope, and its only signature. */
export function envelope(key: KeyObject, payload: string, payloadType = IN_TOTO) {
  const bytes = Buffer.from(payload)
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${bytes.length} `), bytes])
  const signature = sign('sha256', signed, key)
  const dsseEnvelope = {
    payload: bytes.toString('base64'),
    payloadType,
    signatures: [{ sig: signature.toString('base64') }],
  }
  return { signature, dsseEnvelope, payloadHash: createHash('sha256').update(bytes).digest('hex') }
}

export interface Extras {
  readonly timestamps?: readonly string[]
  readonly tlogEntries?: readonly unknown[]
}

export function certificateBundle(leaf: Leaf, of: ReturnType<typeof envelope>, extras: Extras = {}): string {
  const rawBytes = new X509Certificate(leaf.pem).raw.toString('base64')
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes }] },
      tlogEntries: extras.tlogEntries ?? [],
      timestampVerificationData: {
        rfc3161Timestamps: (extras.timestamps ?? []).map((signedTimestamp) => ({ signedTimestamp })),
      },
    },
    dsseEnvelope: of.dsseEnvelope,
  })
}

export function keyBundle(of: Pick<ReturnType<typeof envelope>, 'dsseEnvelope'>): string {
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: '' } },
    dsseEnvelope: of.dsseEnvelope,
  })
}

/** What the log keeps of an envelope. */
export function dsseEntry(leaf: Leaf, of: ReturnType<typeof envelope>) {
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      payloadHash: { algorithm: 'sha256', value: of.payloadHash },
      signatures: [{ signature: of.signature.toString('base64'), verifier: Buffer.from(leaf.pem).toString('base64') }],
    },
  }
}
