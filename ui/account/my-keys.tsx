import { useQuery } from '@tanstack/react-query'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { Card } from '../kit/card.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { KeyTable } from './key-table.tsx'
import { NewKey } from './new-key.tsx'

/** Instead of the password, for programs of one's own. */
export function MyKeys({ user }: { readonly user: string }) {
  const keys = useQuery(read('/me/keys'))
  return (
    <Card
      title="API keys"
      actions={
        <ModalButton text="New key" title="New API key" wide tone="main">
          {(close) => <NewKey user={user} onClose={close} />}
        </ModalButton>
      }
    >
      <Shown query={keys}>
        {({ items }) => (
          <KeyTable
            keys={items}
            empty="None yet. A key stands for your password where a program signs in: docker, CI, scripts. It can be for some repositories only, and it ends by itself."
            remove={(key) => bodyOf(api.DELETE('/me/keys/{key}', { params: { path: { key } } }))}
          />
        )}
      </Shown>
    </Card>
  )
}
