import type { AdminClient } from '../../client/admin/admin-client.ts'
import { callOperation, type OperationInput } from '../../client/admin/call-operation.ts'
import { type AnswerOf, shapeOf } from '../../client/admin/operation.ts'
import { printable } from '../output.ts'

/** Lists whose answers say more than their items. */
type Listing = 'listFiles' | 'compareFiles'

/** Answers page by page, until the list ends or there is as much as is wanted. @throws ApiRefusal */
export async function* answersOf<O extends Listing>(
  client: AdminClient,
  operation: O,
  input: OperationInput,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<AnswerOf<O>> {
  const { pageSize = 1 } = shapeOf(operation)
  let after: string | undefined
  for (let left = limit; left > 0;) {
    const query = { ...input.query, limit: Math.min(left, pageSize), after }
    const answer = await callOperation(client, operation, { ...input, query })
    yield answer
    const { items, next } = answer as AnswerOf<Listing>
    left -= items.length
    // A server that says the same again would keep us for ever.
    if (next === undefined || next === after || items.length === 0) return
    after = next
  }
}

interface Trust {
  readonly state: string
  readonly reasons: readonly string[]
}

/** Says on standard error that something is not all, a line for each reason: the command ends with 1 then. */
export function sayIncomplete(what: string, trust: Trust | undefined): void {
  if (trust === undefined || trust.state === 'complete') return
  for (const reason of trust.reasons.length === 0 ? ['nobody knows why'] : trust.reasons)
    process.stderr.write(`${printable(`${what} (${trust.state}): ${reason}`)}\n`)
  process.exitCode = 1
}
