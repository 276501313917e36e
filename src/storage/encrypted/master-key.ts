import { commandKey } from './key-command.ts'
import { readKeyFile } from './key-file.ts'
import type { EncryptionOptions } from './options.ts'

/** What store keys are wrapped with: a key that lies in a file, or one that never leaves a KMS. */
export interface MasterKey {
  /** Names it in what it wrapped, and tells nothing about it. */
  readonly id: string
  wrap(secret: Uint8Array): Promise<Uint8Array>
  /** @throws Error when that was not wrapped by this key, or when the KMS does not answer */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
}

export interface MasterKeys {
  /** Wraps what is new. */
  readonly current: MasterKey
  /** Only unwrap, until "berth encryption rotate" was run. */
  readonly previous: readonly MasterKey[]
}

/** @throws Error with a sentence for people when a key cannot be used */
export function openMasterKeys(options: EncryptionOptions): MasterKeys {
  const { keyFile, keyCommand, previousKeyFiles, previousKeyCommand } = options
  const current = keyFile === undefined ? keyCommand && commandKey(keyCommand) : readKeyFile(keyFile)
  if (!current) throw new Error('encryption: needs a master key: keyFile or keyCommand')
  const previous: MasterKey[] = previousKeyFiles.map(readKeyFile)
  if (previousKeyCommand !== undefined) previous.push(commandKey(previousKeyCommand))
  return { current, previous }
}
