import type { ItemOf } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'

export function UserBadges({ of }: { readonly of: Pick<ItemOf<'/users'>, 'systemRole' | 'disabled' | 'hasPassword'> }) {
  return (
    <>
      {of.systemRole !== 'none' && <Badge mood="info">{of.systemRole}</Badge>}
      {of.disabled && <Badge mood="bad">disabled</Badge>}
      {!of.hasPassword && <Badge>without a password</Badge>}
    </>
  )
}
