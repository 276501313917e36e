import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { useMe } from '../api/me.ts'
import type { ItemOf } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Button } from '../kit/button.tsx'
import { Secret } from '../kit/copy.tsx'
import { Facts } from '../kit/facts.tsx'
import { Failure } from '../kit/failure.tsx'
import { formatDate } from '../kit/format.ts'
import { Form, numberOf, TextField } from '../kit/form.tsx'
import { Ago } from '../kit/time.tsx'
import { CiSnippets } from './ci-snippets.tsx'
import type { RobotCalls } from './robot-calls.ts'
import { TrustRules } from './trust-rules.tsx'

interface RobotDetailsProps {
  readonly calls: RobotCalls
  readonly robot: ItemOf<'/robots'>
  readonly project: string | undefined
  readonly onClose: () => void
}

/** One robot: its secret, how long it is good, whom it trusts, and how a pipeline uses it. */
export function RobotDetails({ calls, robot, project, onClose }: RobotDetailsProps) {
  const { name, hasSecret, disabled, expiresAt, createdAt, maker, usedAt } = robot
  return (
    <div className="flex flex-col gap-5">
      <Facts
        facts={[
          ['Made', <Ago key="made" at={createdAt} />],
          ['By', maker === undefined ? 'the operator' : `${maker}, whose rights bound it`],
          ['Good until', expiresAt === undefined ? 'for ever' : formatDate(expiresAt)],
          ['Used', <Ago key="used" at={usedAt} />],
        ]}
      />
      {hasSecret && <NewSecret {...{ calls, name }} expires={expiresAt !== undefined} />}
      <Expiry {...{ calls, name }} />
      <TrustRules calls={calls} robot={name} />
      <CiSnippets robot={name} repository={`${project ?? 'team'}/app`} hasSecret={hasSecret} />
      <div className="flex flex-wrap justify-end gap-2 border-t border-line pt-4">
        {maker !== undefined && <TakeOver {...{ calls, name, maker }} />}
        <Switch {...{ calls, name, disabled }} />
        <AskButton
          text="Remove"
          label={`Remove ${name}`}
          title={`Remove ${name}?`}
          action="Remove the robot"
          said={`The robot ${name} was removed.`}
          work={() => calls.remove(name)}
          onDone={onClose}
        >
          Whatever signs in as it is refused from now on. What it pushed stays.
        </AskButton>
        <Button onClick={onClose}>Close</Button>
      </div>
    </div>
  )
}

interface NewSecretProps {
  readonly calls: RobotCalls
  readonly name: string
  readonly expires: boolean
}

function NewSecret({ calls, name, expires }: NewSecretProps) {
  const [secret, setSecret] = useState<string>()
  if (secret !== undefined) return <Secret label="Secret" text={secret} />
  return (
    <div>
      <AskButton
        text="New secret"
        tone="plain"
        title={`A new secret for ${name}?`}
        action="Make a new secret"
        work={async () => setSecret((await calls.renew(name)).secret)}
      >
        The one that it has is void at once: whatever uses it is refused until it is told the new one, which is good{' '}
        {expires ? 'for 90 days.' : 'for ever.'}
      </AskButton>
    </div>
  )
}

/** Nobody gives a robot more than he may himself; when its maker goes, somebody has to stand in. */
function TakeOver({
  calls,
  name,
  maker,
}: {
  readonly calls: RobotCalls
  readonly name: string
  readonly maker: string
}) {
  const me = useMe()?.name
  if (me === undefined || me === maker) return null
  return (
    <AskButton
      text="Take over"
      tone="plain"
      title={`Take ${name} over?`}
      action="Take it over"
      said={`Your rights bound ${name} from now on.`}
      work={() => calls.change(name, { takeOver: true })}
    >
      It may never do more than its maker. From now on that is you, instead of {maker}.
    </AskButton>
  )
}

function Expiry({ calls, name }: { readonly calls: RobotCalls; readonly name: string }) {
  const { mutate, error, isPending } = useChange({
    work: (expiresInDays: number) => calls.change(name, { expiresInDays }),
    said: 'It is good for that long from now on.',
  })
  return (
    <Form
      action="Set"
      {...{ error, isPending }}
      onSubmit={(form) => {
        const days = numberOf(form, 'days')
        if (days !== undefined) mutate(days)
      }}
    >
      <TextField name="days" label="Good for so many days from now" type="number" min={1} max={3650} required />
    </Form>
  )
}

interface SwitchProps {
  readonly calls: RobotCalls
  readonly name: string
  readonly disabled: boolean
}

function Switch({ calls, name, disabled }: SwitchProps) {
  const { mutate, error, isPending } = useChange({
    work: () => calls.change(name, { disabled: !disabled }),
    said: disabled ? `${name} can sign in again.` : `${name} is refused from now on.`,
  })
  return (
    <>
      {error !== null && <Failure error={error} />}
      <Button disabled={isPending} onClick={() => mutate()}>
        {disabled ? 'Enable' : 'Disable'}
      </Button>
    </>
  )
}
