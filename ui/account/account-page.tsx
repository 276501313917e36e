import { ApiError } from '../api/client.ts'
import { useMe } from '../api/me.ts'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { Facts } from '../kit/facts.tsx'
import { Failure } from '../kit/failure.tsx'
import { Loading } from '../kit/shown.tsx'
import { Title } from '../kit/title.tsx'
import { ChangePassword } from './change-password.tsx'
import { MyKeys } from './my-keys.tsx'
import { SignOut } from './sign-out.tsx'
import { Terminals } from './terminals.tsx'

/** Of whoever is signed in. */
export function AccountPage() {
  const me = useMe()
  if (me === undefined) return <Loading />
  if (me === null) return <Failure error={new ApiError(401, '')} />
  const { name, systemRole, groups, csrf } = me
  return (
    <>
      <Title text="Your account" actions={csrf !== undefined && <SignOut csrf={csrf} />} />
      <Card title="Who you are">
        <Facts
          facts={[
            [
              'User name',
              <span key="name" className="font-medium">
                {name}
              </span>,
            ],
            [
              'Role',
              systemRole === 'none' ? undefined : (
                <Badge key="role" mood="info">
                  {systemRole}
                </Badge>
              ),
            ],
            ['Groups', groups.length === 0 ? 'none' : groups.join(', ')],
          ]}
        />
      </Card>
      <MyKeys user={name} />
      <Terminals />
      <ChangePassword />
    </>
  )
}
