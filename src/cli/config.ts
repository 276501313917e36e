import type { Config } from '../config/schema.ts'

/** The configuration in force, as YAML that can be used as a configuration file. */
export async function printConfig(config: Config): Promise<string> {
  const { stringify } = await import('yaml')
  const { listen, uploads, shutdown, ...rest } = config
  return stringify({
    listen: listen.text,
    ...rest,
    uploads: { expireAfter: formatDuration(uploads.expireAfter) },
    shutdown: { delay: formatDuration(shutdown.delay), drain: formatDuration(shutdown.drain) },
  })
}

function formatDuration(ms: number): string {
  return `${ms / 1000}s`
}
