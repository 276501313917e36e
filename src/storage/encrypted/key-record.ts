import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { KEY_BYTES } from './aead.ts'
import type { StoreKey } from './keyring.ts'
import type { MasterKey, MasterKeys } from './master-key.ts'

/** A store key as it is stored: `<generation>-<id>.<revision>`; each wrapping is a new file. */
const recordSchema = z.strictObject({
  format: z.literal(1),
  generation: z.int().positive(),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  createdAt: z.iso.datetime(),
  /** Of the master key. */
  wrappedBy: z.string(),
  wrapped: z.base64(),
})

export type KeyRecord = z.infer<typeof recordSchema>

export function nameOf({ generation, id }: Pick<StoreKey, 'generation' | 'id'>): string {
  return `${String(generation).padStart(6, '0')}-${id}.${randomBytes(4).toString('hex')}`
}

/** The id of the key in a file of that name; undefined for what is no key. */
export function idInName(name: string): string | undefined {
  return /^\d{6,}-([0-9a-f]{32})\.[0-9a-f]{8}$/.exec(name)?.[1]
}

/** @throws Error */
export function parseRecord(text: string): KeyRecord {
  return recordSchema.parse(JSON.parse(text))
}

/** Wraps a key, and makes sure that it can be unwrapped again: what it seals is lost otherwise. @throws Error */
export async function wrapKey(key: StoreKey, master: MasterKey): Promise<string> {
  const secret = Buffer.concat([Buffer.from(key.id, 'hex'), key.key])
  const wrapped = await master.wrap(secret)
  if (!secret.equals(await master.unwrap(wrapped)))
    throw new Error('encryption: the master key does not give back what it wrapped, so nothing is encrypted with it')
  const { id, generation, createdAt } = key
  const record: KeyRecord = {
    ...{ format: 1, generation, id, createdAt: createdAt.toISOString() },
    ...{ wrappedBy: master.id, wrapped: Buffer.from(wrapped).toString('base64') },
  }
  return `${JSON.stringify(record, undefined, 2)}\n`
}

/** @throws Error with a sentence for people when no master key that is configured wrapped it */
export async function unwrapKey(record: KeyRecord, { current, previous }: MasterKeys): Promise<StoreKey> {
  const { id, generation, wrappedBy } = record
  const label = `store key ${generation} (${id.slice(0, 8)})`
  const masters = [current, ...previous].filter((master) => master.id === wrappedBy)
  let problem = `its master key is ${wrappedBy}, and what is configured is ${[current, ...previous].map((master) => master.id).join(', ')}`
  for (const master of masters) {
    try {
      const secret = Buffer.from(await master.unwrap(Buffer.from(record.wrapped, 'base64')))
      const own = Buffer.from(id, 'hex')
      if (secret.length === own.length + KEY_BYTES && own.equals(secret.subarray(0, own.length)))
        return { id, generation, createdAt: new Date(record.createdAt), key: secret.subarray(own.length), wrappedBy }
      problem = 'what the master key gave back is another key'
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
  }
  throw new Error(`encryption: ${label} cannot be unwrapped: ${problem}`)
}
