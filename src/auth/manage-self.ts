import { type By, change, type Management, requireFound } from '../access/management.ts'
import { verifyPassword } from '../lib/password.ts'
import { Problem } from '../lib/problem.ts'
import { changeUser } from './manage-users.ts'
import { deleteRefreshToken } from './refresh-token-store.ts'
import type { User } from './user-store.ts'

/** Whoever found an open session does not know the old one. @throws Problem */
export async function changeOwnPassword(
  m: Management,
  by: By,
  user: User,
  passwords: { readonly old: string; readonly new: string },
): Promise<void> {
  if (user.passwordHash === undefined) throw new Problem('invalid', 'you sign in elsewhere; change your password there')
  if (!(await verifyPassword(passwords.old, user.passwordHash)))
    throw new Problem('forbidden', 'the old password is wrong')
  await changeUser(m, by, user.name, { password: passwords.new })
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
