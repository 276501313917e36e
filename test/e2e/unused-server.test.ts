import { expect, setDefaultTimeout, test } from 'bun:test'
import { TABLES_IN_USE } from '../../src/metadata/table-list.ts'
import { rowsOf } from '../support/rows.ts'
import { openInProcess } from './support/in-process.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(2 * PATIENCE_MS)

test('a server that nobody used is found to be unused, also when all of its jobs ran: others may be moved there', async () => {
  const server = await openInProcess()
  try {
    for (const job of await server.app.jobs()) await job.run(AbortSignal.timeout(5000))
    const used: string[] = []
    for (const table of TABLES_IN_USE) {
      const [row] = await rowsOf<{ count: number }>(server.app.database, `select count(*) as count from ${table}`)
      if (row?.count !== 0) used.push(table)
    }
    expect(used).toEqual([])
  } finally {
    await server.close()
  }
})
