import type { OperationsInput, OperationsOutcome } from '../load/manifest-ops.ts'
import { alternate } from '../support/alternate.ts'
import { imageBlobs, MANIFEST_TYPE, REPOSITORY } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { startLoad } from '../support/load.ts'
import { section } from '../support/section.ts'

const OPERATIONS = {
  existing: 'push of an unchanged 9-layer image (10 HEAD + PUT manifest)',
  mount: 'mount of a layer into a new repository',
  retag: 'PUT of a known manifest under a new tag',
} as const

/** Row 9: what most pushes are made of, as most of their layers exist already. */
export async function smallWrites(lab: Lab): Promise<void> {
  for (const operation of ['existing', 'mount', 'retag'] as const) {
    for (const concurrency of lab.options.quick ? [1] : [1, 8]) await operationRow(lab, operation, concurrency)
  }
}

async function operationRow(lab: Lab, operation: OperationsInput['operation'], concurrency: number): Promise<void> {
  const { image } = lab.data
  const { pairs, seconds } = lab.options
  const what = `${OPERATIONS[operation]}, ${concurrency} at once`
  const figures = await alternate(
    pairs,
    lab.present(9, concurrency === 1 ? ['berth', 'peer', 'distribution', 'zot'] : ['berth', 'peer']),
    async (who) => {
      const server = await lab.server(who)
      const input: OperationsInput = {
        port: server.port,
        repository: REPOSITORY,
        operation,
        manifest: new TextDecoder().decode(image.manifest),
        mediaType: MANIFEST_TYPE,
        digests: imageBlobs(image).map((blob) => blob.digest),
        concurrency,
        seconds: Math.min(seconds, 3),
      }
      const load = startLoad('manifest-ops.ts', input)
      await load.line('ready')
      const about = { what, operations: ({ operations }: OperationsOutcome) => operations }
      const { outcome, cpu, peakBytes } = await section(server, about, async () => {
        await load.release()
        return JSON.parse(await load.lastLine())
      })
      const { operations } = outcome
      return { value: operations / outcome.seconds, cpu: (cpu * 1000) / operations, peakBytes }
    },
  )
  lab.add({ row: 9, id: `${operation}-${concurrency}`, what, unit: 'op/s', cpuPer: '1k', figures })
}
