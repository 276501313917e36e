import type { Bundle } from '@sigstore/bundle'
import type { X509Certificate } from '@sigstore/core'
import { z } from 'zod'
import { Rejection } from '../rejection.ts'

const pem = z.string()
const verifier = z.object({ x509Certificate: z.object({ rawBytes: z.string() }) })
/** Where each kind of entry says with which certificate the signature was made. */
const ENTRIES: Readonly<Record<string, z.ZodType<string>>> = {
  'hashedrekord 0.0.1': z
    .object({ spec: z.object({ signature: z.object({ publicKey: z.object({ content: pem }) }) }) })
    .transform(({ spec }) => derOf(spec.signature.publicKey.content)),
  'dsse 0.0.1': z
    .object({ spec: z.object({ signatures: z.tuple([z.object({ verifier: pem })]) }) })
    .transform(({ spec }) => derOf(spec.signatures[0].verifier)),
  'intoto 0.0.2': z
    .object({
      spec: z.object({
        content: z.object({ envelope: z.object({ signatures: z.tuple([z.object({ publicKey: pem })]) }) }),
      }),
    })
    .transform(({ spec }) => derOf(spec.content.envelope.signatures[0].publicKey)),
  'hashedrekord 0.0.2': z
    .object({ spec: z.object({ hashedRekordV002: z.object({ signature: z.object({ verifier }) }) }) })
    .transform(({ spec }) => spec.hashedRekordV002.signature.verifier.x509Certificate.rawBytes),
  'dsse 0.0.2': z
    .object({ spec: z.object({ dsseV002: z.object({ signatures: z.tuple([z.object({ verifier })]) }) }) })
    .transform(({ spec }) => spec.dsseV002.signatures[0].verifier.x509Certificate.rawBytes),
}

/** From base64 of PEM to base64 of DER. */
function derOf(encoded: string): string {
  const [, body = ''] =
    /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(
      Buffer.from(encoded, 'base64').toString('latin1'),
    ) ?? []
  return body.replaceAll(/\s/g, '')
}

/**
 * An entry of a log is about the signature, and about the certificate that it was made with: for one and the same
 * signature another key can be found, and such an entry would hide who signed. The library compares only the signature.
 * @throws Rejection
 */
export function requireOwnEntries({ verificationMaterial: { tlogEntries } }: Bundle, leaf: X509Certificate): void {
  const own = Buffer.from(leaf.root.toDER())
  for (const { kindVersion, canonicalizedBody } of tlogEntries) {
    const kind = `${kindVersion?.kind} ${kindVersion?.version}`
    const schema = Object.hasOwn(ENTRIES, kind) ? ENTRIES[kind] : undefined
    const parsed = schema?.safeParse(JSON.parse(canonicalizedBody.toString('utf8')))
    if (parsed?.success !== true) throw new Rejection('log', 'the entry of the log cannot be read')
    if (!Buffer.from(parsed.data, 'base64').equals(own))
      throw new Rejection('log', 'the entry of the log is about another certificate')
  }
}
