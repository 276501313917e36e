import { z } from 'zod'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { imageAt, oneImage } from '../http/api/image-call.ts'
import { oneProject, projectOf } from '../http/api/projects-api.ts'
import { date, listOf } from '../http/api/schemas.ts'
import { TRUST_KINDS, type VerifiedSignature } from '../trust/signature.ts'
import type { SignatureReport } from '../trust/signature-source.ts'
import { addAnchor, type DescribedAnchor, describeAnchors, removeAnchor } from './manage-anchors.ts'
import { signaturesFor } from './signatures.ts'

const signer = z.strictObject({
  name: z.string(),
  keyId: z.string().optional(),
  identity: z.string().optional(),
  issuer: z.string().optional(),
  subject: z.string().optional(),
})
const signature = z.strictObject({
  format: z.enum(['cosign', 'sigstore-bundle', 'notation']),
  manifest: z.string().describe('The manifest that brought it.'),
  predicateType: z.string().optional().describe('What it states of the image; absent: that it is signed.'),
  signer: signer.describe('Who made it. Proved only where somebody trusts it.'),
  signedAt: date.optional().describe('By when it was made, as a clock or a log proves.'),
  trustedBy: z
    .array(z.string())
    .describe('Names of those anchors of the project that accept it. None: it proves nothing.'),
  checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  validUntil: date.optional().describe('When it has to be looked at again.'),
})
const report = z.strictObject({
  digest: z.string(),
  trusted: z
    .boolean()
    .describe('Whether somebody whom the project trusts signed it; statements about it do not count.'),
  items: z.array(signature),
  problems: z.array(z.string()).describe('What could not be looked at.'),
})
const anchor = z.strictObject({
  name: z.string().max(64),
  kind: z.enum(TRUST_KINDS),
  body: z
    .record(z.string(), z.unknown())
    .describe(
      'cosign-key: {publicKey}. sigstore: {trustedRoot: "public-good" or a trusted root, issuer, identity or identityPattern, tlogThreshold, timestampThreshold, ctlogThreshold}. notation: {certificates, identities, level}.',
    ),
})
const described = anchor.extend({ summary: z.string().describe('Whom it trusts, in words.'), createdAt: date })
const MAX_ANCHOR_BYTES = 1024 * 1024

function toBody(digest: string, { signatures, problems }: SignatureReport): z.infer<typeof report> {
  return {
    digest,
    trusted: signatures.some(({ predicateType, trustedBy }) => predicateType === undefined && trustedBy.length > 0),
    items: signatures.map(toItem),
    problems: [...problems],
  }
}

function toItem({ signedAt, validUntil, trustedBy, checks, ...rest }: VerifiedSignature): z.infer<typeof signature> {
  return {
    ...{ ...rest, trustedBy: [...trustedBy], checks: [...checks] },
    ...(signedAt && { signedAt: signedAt.toISOString() }),
    ...(validUntil && { validUntil: validUntil.toISOString() }),
  }
}

function toAnchor({ name, kind, body, summary, createdAt }: DescribedAnchor): z.infer<typeof described> {
  return { name, kind, body: anchor.shape.body.parse(body), summary, createdAt: createdAt.toISOString() }
}

export const signingRoutes: readonly ApiRoute[] = [
  define('GET /repositories/{repository}/images/{reference}/signatures', {
    id: 'listSignatures',
    access: 'repository:pull',
    summary:
      'Signatures of an image and signed statements about it: by whom, when, and who in its project trusts them.',
    parameters: oneImage,
    response: report,
    handle: async (call) => {
      const { spot, head } = await imageAt(call)
      return toBody(head.digest, await signaturesFor(call.registry, call.m.access).signaturesOf(spot, head.digest))
    },
  }),
  define('POST /repositories/{repository}/images/{reference}/signatures', {
    id: 'verifySignatures',
    access: 'repository:push',
    summary: 'Looks at them again now, although nothing is known to have changed.',
    parameters: oneImage,
    response: report,
    handle: async (call) => {
      const { spot, head } = await imageAt(call)
      return toBody(head.digest, await signaturesFor(call.registry, call.m.access).verifyNow(spot, head.digest))
    },
  }),
  define('GET /projects/{project}/trust', {
    id: 'listTrust',
    access: 'see',
    summary: 'Whose signatures a project trusts. A repository follows the longest project that it is in.',
    parameters: oneProject,
    response: listOf(described),
    handle: async (call) => ({ items: (await describeAnchors(call.m, projectOf(call))).map(toAnchor) }),
  }),
  define('POST /projects/{project}/trust', {
    id: 'addTrust',
    access: 'manage',
    summary: 'Trusts somebody’s signatures from now on. At most 20 a project.',
    parameters: oneProject,
    body: anchor,
    maxBodyBytes: MAX_ANCHOR_BYTES,
    response: described,
    handle: async (call) => toAnchor(await addAnchor(call.m, call, projectOf(call), call.body)),
  }),
  define('DELETE /projects/{project}/trust/{anchor}', {
    id: 'removeTrust',
    access: 'manage',
    summary: 'Trusts one no more: what only that one vouched for is unsigned at once.',
    parameters: oneProject.extend({ anchor: z.string().max(64) }),
    handle: async (call) => removeAnchor(call.m, call, projectOf(call), call.parameters.anchor),
  }),
]
