import { alternate } from '../support/alternate.ts'
import { runBerth, startBerth, startPeer } from '../support/contestants.ts'
import { MANIFEST_TYPE } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import type { Server } from '../support/server.ts'
import { find, pinned } from '../support/tools.ts'
import { pushRandomImage } from '../support/upstream.ts'

const ROW = 29
const LAYERS = 10
const LAYER_BYTES = 10_000_000

type Side = 'berth' | 'skopeo'

/** Row 29: `berth copy` beside `skopeo copy`, the same kind of image between the same two registries. */
export async function copies(lab: Lab): Promise<void> {
  if (!lab.has(ROW, 'docker-registry') || !lab.has(ROW, 'skopeo')) return
  const source = await startPeer({ dir: lab.scratch('copies/from') })
  const targets = {
    peer: await startPeer({ dir: lab.scratch('copies/to') }),
    berth: await startBerth({ dir: lab.scratch('copies/to-berth') }),
  }
  try {
    for (const target of ['peer', 'berth'] as const) await compare(lab, target, { source, target: targets[target] })
  } finally {
    for (const server of [source, ...Object.values(targets)]) await server.stop()
    lab.scratch('copies')
  }
}

async function compare(
  lab: Lab,
  name: 'peer' | 'berth',
  { source, target }: { source: Server; target: Server },
): Promise<void> {
  const figures = await alternate<Side>(lab.options.pairs, ['berth', 'skopeo'], async (side, pair) => {
    // Of other bytes each time: nothing is there already.
    const image = { repository: `from/${name}`, tag: `${side}-${pair}`, layers: LAYERS, layerBytes: LAYER_BYTES }
    const { manifest } = await pushRandomImage(source, image)
    const places = [source, target].map(({ port }) => `127.0.0.1:${port}/${image.repository}:${image.tag}`)
    const startedAt = performance.now()
    await (side === 'berth' ? copyWithBerth(lab, places) : copyWithSkopeo(places))
    const value = performance.now() - startedAt
    const copied = await fetch(`${target.url}/v2/${image.repository}/manifests/${manifest}`, {
      method: 'HEAD',
      headers: { accept: MANIFEST_TYPE },
    })
    if (copied.status !== 200) throw new Error(`${side} did not copy ${image.tag}`)
    return { value }
  })
  const to = name === 'peer' ? 'docker-registry' : 'Berth'
  const what = `copy of an image of ${LAYERS} layers of 10 MB from docker-registry to ${to}, with the start of the program`
  lab.add({ row: ROW, id: `copy-${name}`, what, unit: 'ms', figures })
}

async function copyWithBerth(lab: Lab, places: readonly string[]): Promise<void> {
  await runBerth(lab.scratch('copies/none'), ['copy', ...places])
}

async function copyWithSkopeo(places: readonly string[]): Promise<void> {
  const [from, to] = places.map((place) => `docker://${place}`)
  // Random bytes it would compress.
  const words = [
    '--insecure-policy',
    'copy',
    '-q',
    '--preserve-digests',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
  ]
  const command = pinned('load', [find('skopeo') ?? 'skopeo', ...words, from ?? '', to ?? ''])
  const child = Bun.spawn(command, { stdout: 'ignore', stderr: 'inherit' })
  if ((await child.exited) !== 0) throw new Error('skopeo could not copy')
}
