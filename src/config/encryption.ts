import { z } from 'zod'
import { flag, texts } from './values.ts'

/** How bytes are encrypted where they are stored (docs/encryption.md). */
export const encryptionSchema = z
  .strictObject({
    keyFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Encrypts blobs; file with the master key, 32 bytes in base64 or hex ("berth encryption new-key FILE"). Whoever loses it loses every blob.',
      ),
    keyCommand: z
      .string()
      .min(1)
      .optional()
      .describe('Instead of keyFile: a program that wraps and unwraps keys with a KMS (docs/encryption.md).'),
    previousKeyFiles: texts
      .default([])
      .describe('Master keys that were in force before, until "berth encryption rotate" was run.'),
    previousKeyCommand: z.string().min(1).optional().describe('The same for a key command.'),
    requireEncrypted: flag
      .default(false)
      .describe('Treats what was stored before encryption was turned on as missing, instead of serving it.'),
  })
  .refine(({ keyFile, keyCommand }) => (keyFile === undefined) !== (keyCommand === undefined), {
    message: 'needs one master key: either keyFile or keyCommand',
  })
  .describe('Encryption of blobs where they are stored.')

/** Passwords that have to be shown to others again, and so cannot be hashed. */
export const secretsSchema = z
  .strictObject({
    keyFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File with the key that passwords of remotes, and secrets of scanners and webhooks, are encrypted with, 32 bytes in base64 or hex ("berth encryption new-key FILE" makes one), the same for all replicas. Default with SQLite: secrets.key in the data folder, made when it is needed.',
      ),
    previousKeyFiles: texts.default([]).describe('Keys that were in force before, until "berth remote rekey" was run.'),
  })
  .prefault({})
  .describe('Passwords that this registry shows to others.')
