import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toTrustMaterial, type TrustMaterial } from '@sigstore/verify'
import { z } from 'zod'
import { Problem } from '../../lib/problem.ts'
import { atMost } from '../bounded.ts'
import { MAX_AUTHORITIES, MAX_CHAIN, requireLines } from './authorities.ts'

/** Whose certificates, logs and clocks are believed. */
export interface Root {
  readonly material: TrustMaterial
  readonly logs: number
  readonly certificateLogs: number
  readonly clocks: number
}

/** The root of sigstore's public instance, and how old what we have of it is. */
export interface PublicRoot {
  readonly json: unknown
  /** When the newest thing in it began to hold. */
  readonly newest: Date
}

export const PUBLIC_GOOD = 'public-good'
const REPOSITORY = 'https://tuf-repo-cdn.sigstore.dev'
const MAX_LOGS = 64
const MAX_CERTIFICATE = 16 * 1024

const log = z.object({ publicKey: z.object({ validFor: z.object({ start: z.string().min(1) }) }) })
const authority = z.object({
  certChain: z.object({
    certificates: atMost(MAX_CHAIN, z.object({ rawBytes: z.string().max(MAX_CERTIFICATE) })).refine(
      ({ length }) => length > 0,
      'an authority has a certificate',
    ),
  }),
})
const shape = z.object({
  mediaType: z
    .string()
    .regex(/^application\/vnd\.dev\.sigstore\.trustedroot(?:\+json;version=0\.[12]|\.v0\.[12]\+json)$/),
  tlogs: atMost(MAX_LOGS, log).nullish(),
  ctlogs: atMost(MAX_LOGS, log).nullish(),
  certificateAuthorities: atMost(MAX_AUTHORITIES, authority).nullish(),
  timestampAuthorities: atMost(MAX_AUTHORITIES, authority).nullish(),
})

/**
 * A `trusted_root.json`. The library takes a log key that does not say from when on it holds for one that always did, so
 * such a root is refused here; so is one that the library would not come to an end with. @throws Problem
 */
export async function parseRoot(json: unknown): Promise<Root> {
  const parsed = shape.safeParse(json)
  if (!parsed.success) throw new Problem('invalid', `this is no trusted root: ${z.prettifyError(parsed.error)}`)
  try {
    const root = TrustedRoot.fromJSON(json)
    const material = toTrustMaterial(root)
    await requireLines(material)
    return {
      material,
      logs: root.tlogs.length,
      certificateLogs: root.ctlogs.length,
      clocks: root.timestampAuthorities.length,
    }
  } catch (error) {
    if (error instanceof Problem) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Problem('invalid', `this trusted root cannot be read: ${why}`)
  }
}

const seeds = z.record(z.string(), z.object({ targets: z.record(z.string(), z.string()) }))
const dated = z.object({ validFor: z.object({ start: z.iso.datetime() }) })
const datedRoot = z.object({
  tlogs: z.array(z.object({ publicKey: dated })),
  ctlogs: z.array(z.object({ publicKey: dated })),
  certificateAuthorities: z.array(dated),
  timestampAuthorities: z.array(dated),
})

/** As it was when this program was made: it grows old, so its age is shown wherever it is used. */
export async function publicGoodRoot(): Promise<PublicRoot> {
  const file: unknown = (await import('@sigstore/tuf/seeds.json')).default
  const encoded = seeds.parse(file)[REPOSITORY]?.targets['trusted_root.json']
  if (encoded === undefined) throw new Error('the seed of sigstore has no trusted root')
  const json: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
  const { tlogs, ctlogs, certificateAuthorities, timestampAuthorities } = datedRoot.parse(json)
  const all = [
    ...[...tlogs, ...ctlogs].map(({ publicKey }) => publicKey),
    ...certificateAuthorities,
    ...timestampAuthorities,
  ]
  const newest = all.map(({ validFor }) => Date.parse(validFor.start)).reduce((a, b) => Math.max(a, b), 0)
  return { json, newest: new Date(newest) }
}
