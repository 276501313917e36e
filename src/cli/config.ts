import { asWritten } from '../config/keys.ts'
import type { Config } from '../config/schema.ts'

/** The configuration in force, as YAML that can be used as a configuration file. */
export async function printConfig(config: Config): Promise<string> {
  const { stringify } = await import('yaml')
  return stringify(asWritten({ ...config, ...hidden(config) }))
}

/** What is printed ends in tickets and logs. */
function hidden({ database }: Config): Pick<Config, 'database'> {
  if (database === undefined || !URL.canParse(database)) return {}
  const shown = new URL(database)
  if (shown.password !== '') shown.password = 'PASSWORD'
  return { database: shown.href }
}
