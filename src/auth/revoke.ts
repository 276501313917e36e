import { changeAccess } from '../access/access-cache.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Database } from '../metadata/db.ts'
import type { Accounts } from './accounts.ts'
import { deleteRefreshToken, findRefreshToken } from './refresh-token-store.ts'
import { hashSecret, isSecret } from './secrets.ts'

interface RevokeParts {
  readonly database: Database
  readonly accounts: Accounts
  readonly recorder: Recorder
}

/**
 * RFC 7009: whoever has a refresh token may end it. One that is not there is ended already, which is no error.
 * Tokens of the registry that were made with it end with it.
 */
export async function revokeRefreshToken(parts: RevokeParts, secret: string, address: string): Promise<void> {
  if (!isSecret(secret, 'refresh')) return
  const { database, accounts, recorder } = parts
  const token = await findRefreshToken(database.reader, hashSecret(secret))
  if (token === undefined) return
  const account = await accounts.find(token.principal)
  await changeAccess(database, async (tx) => {
    if (!(await deleteRefreshToken(tx, token.principal, token.id))) return
    await recorder.record(tx, {
      actor: { id: token.principal, name: account?.name ?? token.principal, address },
      action: 'sign-out',
      target: 'registry',
      outcome: 'done',
      detail: { client: token.client },
    })
  })
}
