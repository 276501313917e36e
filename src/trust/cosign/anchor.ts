import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { Problem } from '../../lib/problem.ts'
import { parsePublicKey } from '../public-key.ts'

const bodySchema = z.strictObject({ publicKey: z.string().max(16 * 1024) })

export type KeyAnchorBody = z.infer<typeof bodySchema>

/** A public key whose signatures are trusted. @throws Problem */
export function parseKeyAnchor(body: unknown): { readonly key: KeyObject; readonly body: KeyAnchorBody } {
  const parsed = bodySchema.safeParse(body)
  if (!parsed.success) throw new Problem('invalid', 'a key is said as {"publicKey": "-----BEGIN PUBLIC KEY-----…"}')
  const key = parsePublicKey(parsed.data.publicKey)
  return { key, body: { publicKey: key.export({ type: 'spki', format: 'pem' }).toString() } }
}
