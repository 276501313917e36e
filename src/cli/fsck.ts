import { join, resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import { check } from '../fsck/fsck.ts'
import { systemClock } from '../lib/clock.ts'
import { openSqlite } from '../metadata/sqlite.ts'
import { openFilesystemStore } from '../storage/filesystem.ts'
import { requireRegistry } from './usable.ts'

/** `berth fsck`: prints what is wrong; true when nothing is. Safe beside a running server. */
export async function fsckCommand(config: Config, options: { readonly quick: boolean }): Promise<boolean> {
  requireRegistry(config.data)
  const data = resolve(config.data)
  const blobs = openFilesystemStore(data)
  const database = await openSqlite({ path: join(data, 'berth.db'), clock: systemClock, onBroken: () => undefined })
  try {
    const report = await check({ database, blobs, allowSparse: config.content.sparse }, options)
    for (const { severity, problem } of report.findings) process.stdout.write(`${severity}: ${problem}\n`)
    process.stdout.write(
      `${report.blobs} blobs (${report.bytes} bytes), ${report.manifests} manifests, ${report.tags} tags checked; ${report.errors} errors\n`,
    )
    return report.errors === 0
  } finally {
    await database.close()
  }
}
