/** Where the vulnerability data is. */
export interface VulndbPlace {
  /** The data folder of the registry. */
  readonly data: string
  /** How this program is started again, for its child processes; by default as it was started itself. */
  readonly program?: readonly [string, ...string[]]
}
