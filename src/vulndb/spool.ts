import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const PREFIX = 'vulnerabilities.spool-'
const LEFTOVER_AFTER_MS = 24 * 60 * 60_000

/** A folder for what is on its way into the data, for as long as the work takes. */
export async function withSpool<T>(data: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(data, { recursive: true, mode: 0o700 })
  await removeLeftovers(data)
  const folder = await mkdtemp(join(data, PREFIX))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Of processes that died; nobody needs a day for it. */
async function removeLeftovers(data: string): Promise<void> {
  for (const name of await readdir(data)) {
    if (!name.startsWith(PREFIX)) continue
    const path = join(data, name)
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs
    if (age > LEFTOVER_AFTER_MS) await rm(path, { recursive: true, force: true })
  }
}
