import { useQuery } from '@tanstack/react-query'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Card } from '../kit/card.tsx'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { Ago } from '../kit/time.tsx'

/** Other devices that signed in by a code. */
export function Terminals() {
  const sessions = useQuery(read('/me/sessions'))
  return (
    <Card
      title="Terminals"
      actions={
        <a href="/auth/device" className="text-sm underline">
          Sign in on another device
        </a>
      }
    >
      <Shown query={sessions}>
        {({ items }) => (
          <Table
            label="Terminals that are signed in"
            rows={items}
            keyOf={({ id }) => id}
            empty='None is signed in. "berth login" on another machine shows a code; you approve it here, and no password is typed there.'
            columns={[
              { title: 'Program', cell: ({ client }) => <span className="break-all">{client}</span> },
              { title: 'Signed in', cell: ({ createdAt }) => <Ago at={createdAt} /> },
              { title: 'Used', cell: ({ usedAt }) => <Ago at={usedAt} /> },
              { title: 'Ends', cell: ({ expiresAt }) => <Ago at={expiresAt} /> },
              {
                title: '',
                cell: ({ id, client }) => (
                  <AskButton
                    text="End"
                    label={`End ${client}`}
                    title={`Sign ${client} out?`}
                    action="Sign it out"
                    said="The terminal is signed out."
                    work={() => bodyOf(api.DELETE('/me/sessions/{session}', { params: { path: { session: id } } }))}
                  >
                    It has to sign in again before it can pull or push.
                  </AskButton>
                ),
              },
            ]}
          />
        )}
      </Shown>
    </Card>
  )
}
