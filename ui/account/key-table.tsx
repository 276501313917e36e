import type { ReactNode } from 'react'
import type { ItemOf } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Badge } from '../kit/badge.tsx'
import { Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'

export type ApiKey = ItemOf<'/me/keys'>

interface KeyTableProps {
  readonly keys: readonly ApiKey[]
  readonly empty: ReactNode
  /** Absent: they are only looked at. */
  readonly remove?: ((key: string) => Promise<unknown>) | undefined
}

export function KeyTable({ keys, empty, remove }: KeyTableProps) {
  return (
    <Table
      label="All keys"
      rows={keys}
      keyOf={({ id }) => id}
      empty={empty}
      columns={[
        { title: 'Name', cell: ({ name }) => <span className="font-medium break-all">{name}</span> },
        { title: 'May', cell: (key) => <Scopes of={key} /> },
        { title: 'Good until', cell: (key) => <Expiry of={key} /> },
        { title: 'Used', cell: ({ usedAt }) => <Ago at={usedAt} /> },
        {
          title: '',
          cell: ({ id, name }) =>
            remove !== undefined && (
              <AskButton
                text="Remove"
                label={`Remove ${name}`}
                title={`Remove the key ${name}?`}
                action="Remove the key"
                said={`The key ${name} was removed.`}
                work={() => remove(id)}
              >
                Whatever signs in with it is refused from now on; tokens that were made with it end at once.
              </AskButton>
            ),
        },
      ]}
    />
  )
}

function Scopes({ of: { scopes } }: { readonly of: ApiKey }) {
  if (scopes === undefined) return 'everything that its owner may'
  return (
    <ul>
      {scopes.map(({ pattern, actions }) => (
        <li key={pattern} className="break-all">
          <code className="font-mono text-xs">{pattern}</code>: {actions.join(', ')}
        </li>
      ))}
    </ul>
  )
}

function Expiry({ of: { expiresAt } }: { readonly of: ApiKey }) {
  if (Date.parse(expiresAt) < Date.now()) return <Badge mood="bad">expired</Badge>
  return <Ago at={expiresAt} />
}
