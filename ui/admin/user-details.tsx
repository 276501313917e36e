import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { api, bodyOf } from '../api/client.ts'
import { useMe } from '../api/me.ts'
import { read } from '../api/read.ts'
import { KeyTable } from '../account/key-table.tsx'
import { AskButton } from '../kit/ask-button.tsx'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { formatDate } from '../kit/format.ts'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { Title } from '../kit/title.tsx'
import { BackLink } from './back-link.tsx'
import { ChangeUser, ResetPassword } from './change-user.tsx'
import { UserBadges } from './user-badges.tsx'

interface UserDetailsProps {
  readonly name: string
  readonly canChange: boolean
}

export function UserDetails({ name, canChange }: UserDetailsProps) {
  const user = useQuery(read('/users/{user}', { params: { path: { user: name } } }))
  return (
    <>
      <Title text={name} trail={<BackLink part="users">Users</BackLink>}>
        {user.data !== undefined && <UserBadges of={user.data} />}
      </Title>
      <Shown query={user}>
        {({ email, systemRole, groups, providers, createdAt, disabled }) => (
          <>
            <Card
              title="Account"
              actions={
                canChange && (
                  <ModalButton text="Edit" title={`Edit ${name}`}>
                    {(close) => <ChangeUser name={name} before={{ email, systemRole }} onClose={close} />}
                  </ModalButton>
                )
              }
            >
              <Facts
                facts={[
                  ['Role', systemRole],
                  ['E-mail address', email],
                  [
                    'Groups',
                    groups.length === 0
                      ? 'none'
                      : groups.map((group) => (
                          <Link key={group} to="/admin/$" params={{ _splat: `groups/${group}` }} className="mr-3">
                            {group}
                          </Link>
                        )),
                  ],
                  ['Signs in by', providers.length === 0 ? undefined : providers.join(', ')],
                  ['Made', formatDate(createdAt)],
                ]}
              />
            </Card>
            {canChange && <UserActions name={name} isDisabled={disabled} />}
          </>
        )}
      </Shown>
      <Keys name={name} canChange={canChange} />
    </>
  )
}

function Keys({ name, canChange }: UserDetailsProps) {
  const keys = useQuery(read('/users/{user}/keys', { params: { path: { user: name } } }))
  const remove = (key: string) =>
    bodyOf(api.DELETE('/users/{user}/keys/{key}', { params: { path: { user: name, key } } }))
  return (
    <Card title="API keys">
      <Shown query={keys}>
        {({ items }) => <KeyTable keys={items} empty="This user has none." remove={canChange ? remove : undefined} />}
      </Shown>
    </Card>
  )
}

function UserActions({ name, isDisabled }: { readonly name: string; readonly isDisabled: boolean }) {
  const navigate = useNavigate()
  const isMe = useMe()?.name === name
  const params = { path: { user: name } }
  return (
    <Card title="Signing in">
      <div className="flex flex-wrap gap-2">
        <ModalButton text="Reset the password" title={`Another password for ${name}`}>
          {(close) => <ResetPassword name={name} onClose={close} />}
        </ModalButton>
        <AskButton
          text="Sign out everywhere"
          tone="plain"
          title={`Sign ${name} out everywhere?`}
          action="Sign out everywhere"
          said={`${name} is signed out everywhere.`}
          work={() => bodyOf(api.POST('/users/{user}/sign-out', { params }))}
        >
          Browsers, terminals and tokens end at once. API keys stay.
        </AskButton>
        {!isMe && (
          <AskButton
            text={isDisabled ? 'Enable' : 'Disable'}
            tone="plain"
            title={isDisabled ? `Enable ${name}?` : `Disable ${name}?`}
            action={isDisabled ? 'Enable the user' : 'Disable the user'}
            said={isDisabled ? `${name} may sign in again.` : `${name} cannot sign in any more.`}
            work={() => bodyOf(api.PATCH('/users/{user}', { params, body: { disabled: !isDisabled } }))}
          >
            {isDisabled
              ? 'The user may sign in again, with the same grants and keys as before.'
              : 'All sessions, tokens and keys are refused until the user is enabled again. Grants stay.'}
          </AskButton>
        )}
        {!isMe && (
          <AskButton
            text="Remove"
            title={`Remove the user ${name}?`}
            action="Remove the user"
            said={`The user ${name} was removed.`}
            work={() => bodyOf(api.DELETE('/users/{user}', { params }))}
            onDone={() => void navigate({ to: '/admin/$', params: { _splat: 'users' } })}
          >
            Grants, keys and sessions go with the user. Images, and what the audit says, stay.
          </AskButton>
        )}
      </div>
    </Card>
  )
}
