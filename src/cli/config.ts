import { environment } from '../config/environment.ts'
import { asWritten } from '../config/keys.ts'
import { convertFile } from '../config/load.ts'
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

/** `berth config convert FILE`. */
export async function convertConfig(file: string): Promise<void> {
  const { writeConverted } = await import('../config/distribution/write.ts')
  const converted = await convertFile(file, environment)
  process.stdout.write(writeConverted(converted))
  for (const problem of converted.problems) process.stderr.write(`${problem}\n`)
  if (converted.problems.length > 0) process.exitCode = 1
}
