import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { program } from './clients.ts'
import { type Image, type Layout, writeLayout } from './layout.ts'

/** A layout of one small image that runs: busybox, and a layer that no other image has. */
export async function smallImage(folder: string, architecture = 'amd64'): Promise<Layout> {
  return writeLayout(folder, [await image(folder, architecture)])
}

/** A layout whose root is an index of two platforms that share one layer. */
export async function twoPlatforms(folder: string): Promise<Layout> {
  return writeLayout(folder, [await image(folder, 'amd64'), await image(folder, 'arm64')])
}

/** A layout of one image with one layer of random bytes, as large as asked. */
export async function randomImage(folder: string, sizeBytes: number): Promise<Layout> {
  const from = join(folder, 'random')
  await mkdir(from, { recursive: true })
  await writeFile(join(from, 'random'), randomBytes(sizeBytes))
  return writeLayout(folder, [{ architecture: 'amd64', layers: [{ folder: from }] }])
}

async function image(folder: string, architecture: string): Promise<Image> {
  const base = join(folder, 'base')
  await mkdir(join(base, 'bin'), { recursive: true })
  await copyFile(program('busybox'), join(base, 'bin', 'busybox'))
  await copyFile(program('busybox'), join(base, 'bin', 'sh'))
  const own = join(folder, architecture)
  await mkdir(own, { recursive: true })
  await writeFile(join(own, 'random'), randomBytes(64 * 1024))
  return { architecture, layers: [{ folder: base }, { folder: own }] }
}
