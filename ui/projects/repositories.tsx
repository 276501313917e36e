import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { readPages } from '../api/read.ts'
import { Empty } from '../kit/empty.tsx'
import { formatBytes } from '../kit/format.ts'
import { FilterBox, List } from '../kit/list.tsx'
import { Ago } from '../kit/time.tsx'
import { FirstPush } from './first-push.tsx'

type Order = 'name' | '-updated'

/** Those of a project, or of all. */
export function Repositories({ project, first }: { readonly project?: string; readonly first: string }) {
  const [q, setQ] = useState('')
  const [sort, setSort] = useState<Order>('name')
  const query = { sort, ...(project !== undefined && { project }), ...(q !== '' && { q }) }
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <FilterBox label="Find repositories" text={q} onText={setQ} />
        <select
          aria-label="Order"
          value={sort}
          onChange={({ target }) => setSort(target.value === 'name' ? 'name' : '-updated')}
          className="rounded-md border border-control bg-page px-2 py-1.5 text-sm"
        >
          <option value="name">by name</option>
          <option value="-updated">pushed last first</option>
        </select>
      </div>
      <List
        label="Repositories"
        pages={readPages('/repositories', { params: { query } })}
        keyOf={({ name }) => name}
        empty={q === '' ? <FirstPush repository={first} /> : <Empty title={`No repository has "${q}" in its name.`} />}
        row={({ name, bytes, updatedAt }) => (
          <div className="flex flex-wrap items-baseline gap-x-4">
            <Link to="/r/$" params={{ _splat: name }} className="font-medium break-all">
              {name}
            </Link>
            <span className="text-sm text-soft tabular-nums sm:ml-auto">{formatBytes(bytes)}</span>
            <span className="text-sm text-soft sm:w-36">
              pushed <Ago at={updatedAt} />
            </span>
          </div>
        )}
      />
    </>
  )
}
