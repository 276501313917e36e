import { useQuery } from '@tanstack/react-query'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { type ItemOf, read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Button } from '../kit/button.tsx'
import { Card } from '../kit/card.tsx'
import { Failure } from '../kit/failure.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { RemoteForm } from './remote-form.tsx'
import { RemoteHealth } from './remote-health.tsx'

type Remote = ItemOf<'/remotes'>

/** More than anybody has. */
const ALL = { params: { query: { limit: 1000 } } }
export const REMOTES = read('/remotes', ALL)

export function Remotes({ canChange }: { readonly canChange: boolean }) {
  const remotes = useQuery(REMOTES)
  return (
    <Card
      title="Registries"
      actions={
        canChange && (
          <ModalButton text="Add a registry" title="Add a registry">
            {(close) => <RemoteForm onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Shown query={remotes}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-sm text-soft">
              None is known yet. For docker.io, ghcr.io and other well-known ones the name is enough.
            </p>
          ) : (
            <ul aria-label="Registries">
              {items.map((remote) => (
                <RemoteRow key={remote.name} {...{ remote, canChange }} />
              ))}
            </ul>
          )
        }
      </Shown>
    </Card>
  )
}

function RemoteRow({ remote, canChange }: { readonly remote: Remote; readonly canChange: boolean }) {
  const { name, url, health } = remote
  return (
    <li className="border-t border-line py-3 first:border-0 first:pt-0 last:pb-0">
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-medium break-all">{name}</span>
        <span className="text-sm break-all text-soft">{url}</span>
        <span className="text-sm text-soft sm:ml-auto">{signInText(remote)}</span>
      </p>
      <RemoteHealth health={health} perMinute={remote.requestsPerMinute} />
      {canChange && <RemoteActions remote={remote} />}
    </li>
  )
}

function signInText({ credentials, username }: Remote): string {
  if (credentials === 'none') return 'not signed in'
  return `signs in${username === undefined ? '' : ` as ${username}`}${credentials === 'file' ? ', password in a file' : ''}`
}

function RemoteActions({ remote }: { readonly remote: Remote }) {
  const { name } = remote
  const params = { path: { remote: name } }
  const { mutate, data, error, isPending } = useChange({
    work: () => bodyOf(api.POST('/remotes/{remote}/test', { params })),
  })
  return (
    <>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button aria-label={`Test ${name}`} disabled={isPending} onClick={() => mutate()}>
          Test
        </Button>
        <ModalButton text="Edit" label={`Edit ${name}`} title={`Edit ${name}`}>
          {(close) => <RemoteForm before={remote} onClose={close} />}
        </ModalButton>
        <AskButton
          text="Remove"
          label={`Remove ${name}`}
          title={`Forget ${name}?`}
          action="Forget it"
          said={`${name} is forgotten.`}
          work={() => bodyOf(api.DELETE('/remotes/{remote}', { params }))}
        >
          Its password is forgotten too. What came from there stays. It is refused while something pulls from it or
          copies to it.
        </AskButton>
      </div>
      {error !== null && <Failure error={error} />}
      <p role="status" className="text-sm">
        {isPending && <span className="mt-2 block text-soft">Asking…</span>}
        {!isPending && data !== undefined && (
          <span className={`mt-2 block break-words ${data.reachable ? 'text-good' : 'text-danger'}`}>
            {data.reachable ? 'It is there and lets us in.' : (data.problem ?? 'It cannot be reached.')}
          </span>
        )}
      </p>
    </>
  )
}
