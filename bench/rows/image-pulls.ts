import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PullInput, PullOutcome } from '../load/pull-image.ts'
import { alternate } from '../support/alternate.ts'
import type { Contestant } from '../support/contestants.ts'
import { GIB, imageBlobs, MANIFEST_TYPE, REPOSITORY } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { startLoad } from '../support/load.ts'
import type { Figure } from '../support/result.ts'
import { section } from '../support/section.ts'
import { find, pinned } from '../support/tools.ts'

/** Row 10: a whole image, by a client that does nothing else and by a real one. */
export async function imagePulls(lab: Lab): Promise<void> {
  const contestants = lab.present(10, ['berth', 'peer'])
  const { pairs } = lab.options
  const layers = lab.data.image.layers.length
  const ofRaw = `pull of a ${layers}-layer image, raw client, 3 at a time`
  const raw = await alternate(pairs, contestants, (who) => measured(lab, who, ofRaw, () => pullRaw(lab, who)))
  lab.add(line('pull-raw', ofRaw, raw))
  if (!lab.has(10, 'skopeo')) return
  const ofReal = `pull of a ${layers}-layer image, skopeo copy`
  const real = await alternate(pairs, contestants, (who) => measured(lab, who, ofReal, () => pullWithSkopeo(lab, who)))
  lab.add(line('pull-skopeo', ofReal, real))
}

function line(id: string, what: string, figures: Awaited<ReturnType<typeof alternate>>) {
  return { row: 10, id, what, unit: 'image/s', cpuPer: 'GiB', figures } as const
}

async function measured(lab: Lab, who: Contestant, what: string, pull: () => Promise<PullOutcome>): Promise<Figure> {
  const about = { what, operations: ({ images }: PullOutcome) => images }
  const { outcome, cpu, peakBytes } = await section(await lab.server(who), about, pull)
  return { value: outcome.images / outcome.seconds, cpu: (cpu * GIB) / outcome.bytes, peakBytes }
}

async function pullRaw(lab: Lab, who: Contestant): Promise<PullOutcome> {
  const { port } = await lab.server(who)
  const input: PullInput = {
    port,
    manifestPath: `/v2/${REPOSITORY}/manifests/t1`,
    mediaType: MANIFEST_TYPE,
    blobs: imageBlobs(lab.data.image).map((blob) => ({ path: blob.registryPath, size: blob.size })),
    seconds: lab.options.seconds,
  }
  const load = startLoad('pull-image.ts', input)
  await load.line('ready')
  await load.release()
  const outcome: PullOutcome = JSON.parse(await load.lastLine())
  return outcome
}

async function pullWithSkopeo(lab: Lab, who: Contestant): Promise<PullOutcome> {
  const { port } = await lab.server(who)
  const target = join(lab.dir, 'pulled')
  const source = `docker://127.0.0.1:${port}/${REPOSITORY}:t1`
  const words = ['--insecure-policy', 'copy', '-q', '--src-tls-verify=false', source, `dir:${target}`]
  const startedAt = performance.now()
  const child = Bun.spawn(pinned('load', [find('skopeo') ?? 'skopeo', ...words]), { stderr: 'inherit' })
  if ((await child.exited) !== 0) throw new Error(`skopeo could not pull from ${who}`)
  const seconds = (performance.now() - startedAt) / 1000
  rmSync(target, { recursive: true, force: true })
  const bytes = imageBlobs(lab.data.image).reduce((sum, blob) => sum + blob.size, 0)
  return { images: 1, seconds, bytes }
}
