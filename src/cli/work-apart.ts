import { text } from 'node:stream/consumers'
import type { Contents } from '../contents.ts'
import type { Registry } from '../registry/registry.ts'
import { type ApartOrder, parseApartOrder } from '../scanning/apart.ts'
import { readAttachedSboms } from '../scanning/attached-sboms.ts'
import { writeSbom } from '../scanning/sbom-routes.ts'
import { withRegistry } from './offline.ts'

/** For a running server: the order comes by standard input, the answer goes to standard output. */
export async function workApart(): Promise<void> {
  const { config, order } = parseApartOrder(await text(process.stdin))
  const { data, database, storage } = config
  await withRegistry({ data, database, storage, config }, async (registry, _m, contents) => {
    process.stdout.write(await answer(order, registry, contents))
  })
}

async function answer(order: ApartOrder, registry: Registry, { findings }: Contents): Promise<string | Uint8Array> {
  switch (order.task) {
    case 'sbom':
      return writeSbom(registry, { findings }, order)
    case 'sboms':
      return JSON.stringify(await readAttachedSboms(registry, order.spot.repository, order.digest))
  }
}
