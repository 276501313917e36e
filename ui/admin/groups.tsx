import { Link } from '@tanstack/react-router'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { readPages } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Empty } from '../kit/empty.tsx'
import { Form, TextField, textOf } from '../kit/form.tsx'
import { List } from '../kit/list.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { GroupDetails } from './group-details.tsx'
import { PartTitle } from './part-title.tsx'
import type { PartProps } from './parts.ts'

const GROUPS = readPages('/groups')

export function Groups({ rest, canChange }: PartProps) {
  if (rest !== '') return <GroupDetails name={rest} canChange={canChange} />
  return (
    <>
      <PartTitle
        text="Groups"
        actions={
          canChange && (
            <ModalButton text="New group" title="New group" tone="main">
              {(close) => <NewGroup onClose={close} />}
            </ModalButton>
          )
        }
      >
        Projects grant something to a group once, and whoever is in it has it.
      </PartTitle>
      <List
        label="Groups"
        pages={GROUPS}
        keyOf={({ name }) => name}
        rowHeight={45}
        empty={
          <Empty title="There are no groups yet.">
            Make one here; groups of a provider (OIDC, LDAP) appear when their first member signs in.
          </Empty>
        }
        row={({ name, external }) => (
          <div className="flex flex-wrap items-baseline gap-3">
            <Link to="/admin/$" params={{ _splat: `groups/${name}` }} className="font-medium break-all">
              {name}
            </Link>
            {external && <Badge>of a provider</Badge>}
          </div>
        )}
      />
    </>
  )
}

function NewGroup({ onClose }: { readonly onClose: () => void }) {
  const { mutate, error, isPending } = useChange({
    work: (name: string) => bodyOf(api.POST('/groups', { body: { name } })),
    said: ({ name }) => `The group ${name} was made.`,
    onDone: onClose,
  })
  return (
    <Form
      action="Make the group"
      onCancel={onClose}
      {...{ error, isPending }}
      onSubmit={(data) => mutate(textOf(data, 'name') ?? '')}
    >
      <TextField
        name="name"
        label="Name"
        hint="A group of a provider is called PROVIDER:NAME; the provider decides who is in it."
        required
        autoFocus
        autoCapitalize="none"
        spellCheck={false}
      />
    </Form>
  )
}
