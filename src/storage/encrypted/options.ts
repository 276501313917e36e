/** The `encryption` section of the configuration. */
export interface EncryptionOptions {
  readonly keyFile?: string | undefined
  readonly keyCommand?: string | undefined
  readonly previousKeyFiles: readonly string[]
  readonly previousKeyCommand?: string | undefined
  readonly requireEncrypted: boolean
}
