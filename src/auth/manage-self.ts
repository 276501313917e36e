import { type By, change, type Management, requireFound } from '../access/management.ts'
import { Problem } from '../lib/problem.ts'
import { changeUser } from './manage-users.ts'
import { deleteRefreshToken } from './refresh-token-store.ts'
import type { User } from './user-store.ts'

/** The caller has made sure that the old one is known: whoever found an open session does not. @throws Problem */
export async function changeOwnPassword(m: Management, by: By, user: User, password: string): Promise<void> {
  if (user.passwordHash === undefined) throw new Problem('invalid', 'you sign in elsewhere; change your password there')
  await changeUser(m, by, user.name, { password })
}

/** @throws Problem */
export async function endOwnSession(m: Management, by: By, user: User, id: string): Promise<void> {
  await change(
    m,
    by,
    { action: 'user.session-ended', target: `user:${user.name}`, detail: { session: id } },
    async (tx) => {
      if (!(await deleteRefreshToken(tx, `user:${user.id}`, id))) requireFound(undefined, `session ${id}`)
    },
  )
}
