import { asWritten } from '../config/keys.ts'
import type { Config } from '../config/schema.ts'

/** The configuration in force, as YAML that can be used as a configuration file. */
export async function printConfig(config: Config): Promise<string> {
  const { stringify } = await import('yaml')
  return stringify(asWritten(config))
}
