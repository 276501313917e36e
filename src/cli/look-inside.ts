import { text } from 'node:stream/consumers'
import { parseLookOrder } from '../inside/apart.ts'
import { look } from '../inside/look.ts'
import { withRegistry } from './offline.ts'

/** For a running server: the order comes by standard input, the answer goes to standard output. */
export async function lookInside(): Promise<void> {
  const { config, order } = parseLookOrder(await text(process.stdin))
  const { data, database, storage } = config
  await withRegistry({ data, database, storage, config }, async (registry) => {
    process.stdout.write(JSON.stringify(await look(registry.database.reader, order)))
  })
}
