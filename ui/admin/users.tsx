import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type ItemOf, readPages } from '../api/read.ts'
import { Empty } from '../kit/empty.tsx'
import { FilterBox, List } from '../kit/list.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Ago } from '../kit/time.tsx'
import { NewUser } from './new-user.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'
import { UserBadges } from './user-badges.tsx'
import { UserDetails } from './user-details.tsx'

export function Users({ rest, canChange }: PartProps) {
  if (rest !== '') return <UserDetails name={rest} canChange={canChange} />
  return <UserList canChange={canChange} />
}

function UserList({ canChange }: Pick<PartProps, 'canChange'>) {
  const [q, setQ] = useState('')
  return (
    <>
      <PartTitle
        text="Users"
        actions={
          canChange && (
            <ModalButton text="New user" title="New user" tone="main">
              {(close) => <NewUser onClose={close} />}
            </ModalButton>
          )
        }
      >
        People. Programs have robot accounts.
      </PartTitle>
      <div className="mb-3">
        <FilterBox label="Find users" text={q} onText={setQ} />
      </div>
      <List
        label="Users"
        pages={readPages('/users', { params: { query: q === '' ? {} : { q } } })}
        keyOf={({ name }) => name}
        empty={<Empty title={`No user has "${q}" in the name.`} />}
        row={(user) => <UserRow user={user} />}
      />
    </>
  )
}

function UserRow({ user }: { readonly user: ItemOf<'/users'> }) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
      <Link to="/admin/$" params={{ _splat: `users/${user.name}` }} className="font-medium break-all">
        {user.name}
      </Link>
      <UserBadges of={user} />
      {user.email !== undefined && <span className="text-sm break-all text-soft">{user.email}</span>}
      <span className="text-sm text-soft sm:ml-auto">
        since <Ago at={user.createdAt} />
      </span>
    </div>
  )
}
