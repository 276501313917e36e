import { z } from 'zod'
import { isDigest } from '../oci/digest.ts'
import type { VerifiedSignature } from '../trust/signature.ts'
import type { SignatureReport } from '../trust/signature-source.ts'

const date = z.iso.datetime().transform((text) => new Date(text))
const text = z.string().optional()
const signature = z.object({
  format: z.enum(['cosign', 'sigstore-bundle', 'notation']),
  manifest: z.string().refine(isDigest),
  predicateType: text,
  signer: z.object({ name: z.string(), keyId: text, identity: text, issuer: text, subject: text }),
  signedAt: date.optional(),
  trustedBy: z.array(z.string()),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  validUntil: date.optional(),
})
const report = z.object({
  signatures: z.array(signature),
  problems: z.array(z.string()),
  validUntil: date.optional(),
})

export function writeReport(found: SignatureReport): string {
  return JSON.stringify(found)
}

/** Undefined: another version wrote it, or somebody is at it. */
export function readReport(content: string): SignatureReport | undefined {
  if (content === '') return undefined
  const parsed = report.safeParse(JSON.parse(content))
  if (!parsed.success) return undefined
  const { validUntil, signatures, problems } = parsed.data
  return { problems, signatures: signatures.map(withoutAbsent), ...(validUntil && { validUntil }) }
}

function withoutAbsent(of: z.infer<typeof signature>): VerifiedSignature {
  const { predicateType, signedAt, validUntil, signer, ...rest } = of
  const { name, keyId, identity, issuer, subject } = signer
  return {
    ...rest,
    signer: {
      name,
      ...(keyId !== undefined && { keyId }),
      ...(identity !== undefined && { identity }),
      ...(issuer !== undefined && { issuer }),
      ...(subject !== undefined && { subject }),
    },
    ...(predicateType !== undefined && { predicateType }),
    ...(signedAt && { signedAt }),
    ...(validUntil && { validUntil }),
  }
}
