import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CACHE } from './cache.ts'
import { program } from './clients.ts'
import { must } from './command.ts'
import { type Layer, type Layout, writeLayout } from './layout.ts'

const FOLDER = join(CACHE, 'real-image')

/** What only this machine may know: taken out, as an image builder would. */
const LEFT_OUT = ['./dev/*', './proc/*', './sys/*', './run/*', './tmp/*', './var/cache/apt/*', './var/lib/apt/lists/*']
const OWN_LAYER = ['./var/lib', './usr/share', './usr/lib']

/**
 * A Debian system of some 200 MB in four layers, the smallest first, made by debootstrap.
 * It takes half a minute once; every later call reads it from the cache.
 */
export async function realImage(): Promise<Layout> {
  const described = join(FOLDER, 'layout.json')
  if (!existsSync(described)) await make()
  return JSON.parse(await readFile(described, 'utf8')) as Layout
}

async function make(): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const scratch = await mkdtemp(join(CACHE, 'making-'))
  const root = join(scratch, 'root')
  const folder = join(scratch, 'layout')
  try {
    await must([program('debootstrap'), '--variant=minbase', 'bookworm', root], { timeoutMs: 900_000 })
    const layout = await writeLayout(folder, [{ architecture: 'amd64', layers: layersOf(root) }])
    await writeFile(
      join(folder, 'layout.json'),
      JSON.stringify({ ...layout, folder: FOLDER, reference: `oci:${FOLDER}:v1` }),
    )
    await rename(folder, FOLDER)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function layersOf(root: string): Layer[] {
  const exclude = [...LEFT_OUT, ...OWN_LAYER].map((path) => `--exclude=${path}`)
  const rest = { folder: root, select: [...exclude, '.'] }
  return [
    rest,
    ...OWN_LAYER.map((path) => ({ folder: root, select: [...LEFT_OUT.map((one) => `--exclude=${one}`), path] })),
  ]
}

if (import.meta.main) {
  const { blobs } = await realImage()
  console.info(blobs.map((one) => `${one.digest} ${one.size} ${one.mediaType}`).join('\n'))
}
