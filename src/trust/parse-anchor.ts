import type { TrustKind } from './signature.ts'

/** An anchor’s body as it is stored, and in words. */
export interface ParsedAnchor {
  readonly body: unknown
  /** For people: whom it trusts. */
  readonly summary: string
}

/** What each kind needs is loaded with the first of it. @throws Problem */
export async function parseAnchor(kind: TrustKind, body: unknown): Promise<ParsedAnchor> {
  switch (kind) {
    case 'cosign-key': {
      const { parseKeyAnchor } = await import('./cosign/anchor.ts')
      const { keyName } = await import('./public-key.ts')
      const parsed = parseKeyAnchor(body)
      return { body: parsed.body, summary: keyName(parsed.key) }
    }
    case 'sigstore': {
      const { parseSigstoreAnchor, summaryOf } = await import('./sigstore/anchor.ts')
      const parsed = await parseSigstoreAnchor(body)
      return { body: parsed.body, summary: await summaryOf(parsed) }
    }
    case 'notation': {
      const { parseNotationAnchor } = await import('./notation/anchor.ts')
      const parsed = parseNotationAnchor(body)
      return { body: parsed, summary: `notation: ${parsed.identities.join('; ')} (${parsed.level})` }
    }
  }
}
