import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { Form, TextField, textOf } from '../kit/form.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'
import { Title } from '../kit/title.tsx'
import { BackLink } from './back-link.tsx'

interface GroupDetailsProps {
  readonly name: string
  readonly canChange: boolean
}

export function GroupDetails({ name, canChange }: GroupDetailsProps) {
  const navigate = useNavigate()
  const group = useQuery(read('/groups/{group}', { params: { path: { group: name } } }))
  const remove = canChange && (
    <AskButton
      text="Remove the group"
      title={`Remove the group ${name}?`}
      action="Remove the group"
      said={`The group ${name} was removed.`}
      work={() => bodyOf(api.DELETE('/groups/{group}', { params: { path: { group: name } } }))}
      onDone={() => void navigate({ to: '/admin/$', params: { _splat: 'groups' } })}
    >
      What projects granted to it is gone with it. The people stay.
    </AskButton>
  )
  return (
    <>
      <Title text={name} trail={<BackLink part="groups">Groups</BackLink>} actions={remove}>
        {group.data?.external === true && <Badge>of a provider</Badge>}
      </Title>
      <Shown query={group}>
        {({ members, external }) => <Members {...{ name, members }} canChange={canChange && !external} />}
      </Shown>
    </>
  )
}

function Members({ name, members, canChange }: GroupDetailsProps & { readonly members: readonly string[] }) {
  return (
    <Card
      title="Members"
      actions={
        canChange && (
          <ModalButton text="Add a member" title={`Add a member to ${name}`}>
            {(close) => <AddMember name={name} onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Table
        label="All members"
        rows={members}
        keyOf={(user) => user}
        empty="Nobody is in it yet."
        columns={[
          {
            title: 'User',
            cell: (user) => (
              <Link to="/admin/$" params={{ _splat: `users/${user}` }} className="break-all">
                {user}
              </Link>
            ),
          },
          {
            title: '',
            cell: (user) =>
              canChange && (
                <AskButton
                  text="Take out"
                  label={`Take ${user} out`}
                  title={`Take ${user} out of ${name}?`}
                  action="Take out"
                  said={`${user} is not in ${name} any more.`}
                  work={() =>
                    bodyOf(api.DELETE('/groups/{group}/members/{user}', { params: { path: { group: name, user } } }))
                  }
                >
                  What projects granted to the group is not for this user any more, from now on.
                </AskButton>
              ),
          },
        ]}
      />
    </Card>
  )
}

function AddMember({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const { mutate, error, isPending } = useChange({
    work: (user: string) =>
      bodyOf(api.PUT('/groups/{group}/members/{user}', { params: { path: { group: name, user } } })),
    said: 'The member was added.',
    onDone: onClose,
  })
  return (
    <Form
      action="Add"
      onCancel={onClose}
      {...{ error, isPending }}
      onSubmit={(data) => mutate(textOf(data, 'user') ?? '')}
    >
      <TextField name="user" label="User name" required autoFocus autoCapitalize="none" spellCheck={false} />
    </Form>
  )
}
