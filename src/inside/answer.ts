import { compareFiles } from '../inventory/compare/compare-files.ts'
import type { FindingsSource } from '../inventory/findings-source.ts'
import type { LayerReader } from '../inventory/layer-reader.ts'
import type { Registry } from '../registry/registry.ts'
import { type CompareFilesOrder, orderSchema } from './apart.ts'
import { compareStored } from './compare-stored.ts'
import { look } from './look.ts'
import { Trees } from './trees.ts'

interface InsideParts {
  readonly registry: Registry
  readonly reader: LayerReader
  readonly findings: FindingsSource
}

/** What the standing process does. */
export function createAnswer(parts: InsideParts): (order: unknown) => Promise<unknown> {
  const trees = new Trees(parts)
  return async (text) => {
    await parts.registry.database.refresh()
    const order = orderSchema.parse(text)
    switch (order.task) {
      case 'look':
        return look(await trees.of(order.image, order), order)
      case 'compare':
        return compareStored(parts, order.from, order.to)
      case 'compare-files':
        return comparedFiles(trees, order)
    }
  }
}

async function comparedFiles(trees: Trees, { from, to, page }: CompareFilesOrder) {
  const before = await trees.of(from)
  const after = await trees.of(to)
  return {
    before: { state: before.state, reasons: before.reasons },
    after: { state: after.state, reasons: after.reasons },
    ...compareFiles(before.files, after.files, page),
  }
}
