import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { startBerth } from './contestants.ts'
import { seedPeerFiles } from './growth-peer.ts'
import { seedSqlite } from './growth-seed.ts'
import type { Lab } from './lab.ts'

/** The folder of a contestant that has `size` of everything: made when first asked for, kept for the rows to come. */
export async function grownFolder(lab: Lab, who: 'berth' | 'peer', size: number): Promise<string> {
  const dir = join(lab.dir, 'grown', `${who}-${size}`)
  if (existsSync(dir)) return dir
  const half = lab.scratch('grown-half')
  const sizes = { tags: size, repositories: size }
  if (who === 'peer') seedPeerFiles(join(half, 'store'), sizes)
  else {
    await (await startBerth({ dir: half })).stop()
    seedSqlite(join(half, 'store'), sizes)
  }
  mkdirSync(join(lab.dir, 'grown'), { recursive: true })
  renameSync(half, dir)
  return dir
}
