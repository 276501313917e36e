import { z } from 'zod'
import { contentOf, send } from '../../faults/support/client.ts'
import type { Cluster } from '../../support/cluster.ts'
import type { Scene } from './history-client.ts'

/** Every name that was written, at every replica: what it holds is what it may hold. */
export async function whatIsWrong({ registers, urls }: Scene): Promise<string[]> {
  const wrong: string[] = []
  for (const key of registers.keys())
    for (const url of urls) {
      const [, repository = '', reference = ''] = key.split(' ')
      const from = registers.now()
      const { status, bytes } = await send(url, 'GET', `/v2/${repository}/manifests/${reference}`)
      const found = status === 200 ? contentOf(new Uint8Array(bytes)).digest : undefined
      if (!registers.legal(key, from, registers.now()).has(found)) wrong.push(`${url} ${key}: ${status} ${found}`)
    }
  return wrong
}

const Row = z.object({ action: z.string(), outcome: z.string() })

/** Rows of the audit of pushed manifests, and between which numbers that may be: each image was pushed once. */
export async function auditedPushes(
  { registers }: Scene,
  cluster: Cluster,
): Promise<{ readonly pushes: number; readonly least: number; readonly most: number }> {
  const { stdout } = await cluster.berth(['audit', 'export'])
  const rows = stdout.split('\n').filter((line) => line !== '')
  const pushes = rows
    .map((line) => Row.parse(JSON.parse(line)))
    .filter(({ action, outcome }) => action === 'manifest.pushed' && outcome === 'done').length
  const images = registers.keys().filter((key) => key.startsWith('manifest '))
  const acknowledged = images.filter((key) => !registers.legal(key, registers.now(), registers.now()).has(undefined))
  const possible = images.filter((key) => registers.legal(key, registers.now(), registers.now()).size > 1)
  return { pushes, least: acknowledged.length, most: acknowledged.length + possible.length }
}
