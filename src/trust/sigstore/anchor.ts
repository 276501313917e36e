import { z } from 'zod'
import { Problem } from '../../lib/problem.ts'
import { type MatchesIdentity, parseIdentity } from './identity.ts'
import { parseRoot, PUBLIC_GOOD, publicGoodRoot, type Root } from './trusted-root.ts'

/** How many of each a signature has to bring. */
export interface Thresholds {
  readonly tlogThreshold: number
  readonly timestampThreshold: number
  readonly ctlogThreshold: number
}

/** Whose certificates are trusted, and which authorities, logs and clocks say so. */
export interface SigstoreAnchor {
  readonly root: Root
  readonly thresholds: Thresholds
  readonly matches: MatchesIdentity
  /** Undefined: whoever it says, as authorities of one’s own need not say it. */
  readonly issuer: string | undefined
}

const threshold = z.int().min(0).max(8).optional()
const bodySchema = z.strictObject({
  trustedRoot: z.union([z.literal(PUBLIC_GOOD), z.record(z.string(), z.unknown()), z.string().max(512 * 1024)]),
  issuer: z.string().min(1).max(2048).optional(),
  identity: z.string().min(1).max(2048).optional(),
  identityPattern: z.string().min(1).max(512).optional(),
  tlogThreshold: threshold,
  timestampThreshold: threshold,
  ctlogThreshold: threshold,
})

/** As it is written down: a trusted root as JSON, whichever way it came. */
export type SigstoreAnchorBody = z.infer<typeof bodySchema>

/** @throws Problem */
export async function parseSigstoreAnchor(
  body: unknown,
): Promise<{ readonly anchor: SigstoreAnchor; readonly body: SigstoreAnchorBody }> {
  const parsed = bodySchema.safeParse(body)
  if (!parsed.success)
    throw new Problem('invalid', `this says nothing that can be trusted: ${z.prettifyError(parsed.error)}`)
  const said = { ...parsed.data, trustedRoot: rootJson(parsed.data.trustedRoot) }
  const isPublic = said.trustedRoot === PUBLIC_GOOD
  if (isPublic && said.issuer === undefined)
    throw new Problem(
      'invalid',
      'anybody gets a certificate of sigstore’s public instance: say also which issuer proves the identity ("issuer")',
    )
  const root = await parseRoot(isPublic ? (await publicGoodRoot()).json : said.trustedRoot)
  const anchor = { root, thresholds: thresholdsOf(root, said), matches: parseIdentity(said), issuer: said.issuer }
  return { anchor, body: said }
}

/** What a root can prove has to be proved, unless somebody says otherwise. */
export function thresholdsOf(root: Root, said: { readonly [K in keyof Thresholds]?: number | undefined }): Thresholds {
  const orNone = (count: number) => (count > 0 ? 1 : 0)
  return {
    tlogThreshold: said.tlogThreshold ?? orNone(root.logs),
    timestampThreshold: said.timestampThreshold ?? orNone(root.logs + root.clocks),
    ctlogThreshold: said.ctlogThreshold ?? orNone(root.certificateLogs),
  }
}

function rootJson(said: SigstoreAnchorBody['trustedRoot']): typeof PUBLIC_GOOD | Record<string, unknown> {
  if (typeof said !== 'string') return said
  if (said.trim() === PUBLIC_GOOD) return PUBLIC_GOOD
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(said))
  } catch {
    throw new Problem('invalid', `a trusted root is the JSON of a trusted_root.json, or "${PUBLIC_GOOD}"`)
  }
}

/** For people. What was delivered with this program is named with its age. */
export async function summaryOf({ anchor, body }: Awaited<ReturnType<typeof parseSigstoreAnchor>>): Promise<string> {
  const whose = body.identity ?? `whoever matches ${body.identityPattern}`
  const by = anchor.issuer === undefined ? '' : `, by ${anchor.issuer}`
  if (body.trustedRoot !== PUBLIC_GOOD) return `${whose}${by}; authorities of its own`
  const { newest } = await publicGoodRoot()
  return `${whose}${by}; sigstore's public instance, as of ${newest.toISOString().slice(0, 10)}`
}
