import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { which } from '../../clients/support/clients.ts'
import { run } from '../../clients/support/command.ts'
import type { LayerToPut } from './memory-place.ts'

/** What skopeo's, podman's and CRI-O's own tests verify: a Go module, which brings its fixtures. */
const MODULE = 'github.com/containers/image/v5@v5.36.2'

/** Undefined: there is no Go toolchain, or the module cannot be had. */
export async function containersFixtures(): Promise<string | undefined> {
  const go = which('go')
  if (go === undefined) return undefined
  const { code, stdout } = await run([go, 'mod', 'download', '-json', MODULE], { cwd: '/', timeoutMs: 60_000 })
  if (code !== 0) return undefined
  return join(z.object({ Dir: z.string() }).parse(JSON.parse(stdout)).Dir, 'signature', 'fixtures')
}

const storedSchema = z.object({
  mimeType: z.string(),
  payload: z.base64(),
  annotations: z.record(z.string(), z.string()),
})

/** The signatures in a folder as skopeo's `dir:` writes it. */
export async function readSignatures(folder: string): Promise<readonly LayerToPut[]> {
  const names = readdirSync(folder)
    .filter((name) => name.startsWith('signature-'))
    .sort()
  const layers: LayerToPut[] = []
  for (const name of names) {
    const bytes = await readFile(join(folder, name))
    // After a line that says which form it has.
    const json: unknown = JSON.parse(bytes.subarray(bytes.indexOf('\n') + 1).toString('utf8'))
    const { mimeType, payload, annotations } = storedSchema.parse(json)
    layers.push({ mediaType: mimeType, content: Buffer.from(payload, 'base64'), annotations })
  }
  return layers
}
