import type { Config } from '../config/schema.ts'
import { check } from '../fsck/fsck.ts'
import { storeOf } from './store.ts'
import { withDatabase } from './offline.ts'

/** `berth fsck`: prints what is wrong; true when nothing is. Safe beside a running server. */
export async function fsckCommand(config: Config, options: { readonly quick: boolean }): Promise<boolean> {
  return withDatabase(config, async (database) => {
    const blobs = await storeOf(config)
    const report = await check({ database, blobs, allowSparse: config.content.sparse }, options)
    for (const { severity, problem } of report.findings) process.stdout.write(`${severity}: ${problem}\n`)
    process.stdout.write(
      `${report.blobs} blobs (${report.bytes} bytes), ${report.manifests} manifests, ${report.tags} tags checked; ${report.errors} errors\n`,
    )
    return report.errors === 0
  })
}
