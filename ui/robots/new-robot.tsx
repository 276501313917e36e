import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { Button } from '../kit/button.tsx'
import { Secret } from '../kit/copy.tsx'
import { Failure } from '../kit/failure.tsx'
import { Form, SelectField, TextField, textOf } from '../kit/form.tsx'
import { CiSnippets } from './ci-snippets.tsx'
import type { RobotCalls } from './robot-calls.ts'
import { TrustRules } from './trust-rules.tsx'

const DAYS = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
  ['', 'for ever'],
] as const
const ROLES = [
  ['writer', 'writer: push and pull'],
  ['reader', 'reader: pull only'],
  ['maintainer', 'maintainer: push, pull and delete'],
] as const

interface NewRobotProps {
  readonly calls: RobotCalls
  readonly project: string | undefined
  readonly onClose: () => void
}

export function NewRobot({ calls, project, onClose }: NewRobotProps) {
  const [knows, setKnows] = useState('secret')
  const { mutate, error, isPending, data } = useChange({
    work: async (form: FormData) => {
      const days = textOf(form, 'days')
      const made = await calls.make({
        name: textOf(form, 'name') ?? '',
        withoutSecret: form.get('knows') === 'trust',
        expiresInDays: days === undefined ? null : Number(days),
      })
      return { ...made, problem: project === undefined ? undefined : await grant(project, made.name, form) }
    },
    said: ({ name }) => `The robot ${name} was made.`,
  })
  if (data !== undefined)
    return <Made {...{ calls, project, onClose }} robot={data.name} secret={data.secret} problem={data.problem} />
  return (
    <Form action="Make the robot" onCancel={onClose} {...{ error, isPending }} onSubmit={mutate}>
      <TextField
        name="name"
        label="Name"
        hint={`Lower case; it signs in as ${project === undefined ? 'robot' : `robot.${project.replaceAll('/', '.')}`}.NAME.`}
        required
        autoFocus
        autoCapitalize="none"
        spellCheck={false}
      />
      <SelectField
        name="knows"
        label="It is known by"
        value={knows}
        onChange={({ target }) => setKnows(target.value)}
        options={[
          ['secret', 'a secret'],
          ['trust', 'where it runs: GitHub, GitLab or a cluster vouches for it, and there is no secret'],
        ]}
      />
      {knows === 'secret' && (
        <SelectField name="days" label="Its secret is good for" defaultValue="90" options={DAYS} />
      )}
      {project !== undefined && (
        <>
          <SelectField name="role" label="It may" options={[...ROLES, ['', 'nothing yet']]} />
          <TextField
            name="pattern"
            label="In which repositories"
            hint={`Names below ${project}: "app", "app-*". Empty: all of them.`}
            autoCapitalize="none"
            spellCheck={false}
          />
        </>
      )}
    </Form>
  )
}

/** What went wrong: the robot is there all the same, and its secret has to be shown. */
async function grant(project: string, robot: string, form: FormData): Promise<Error | undefined> {
  const allows = textOf(form, 'role')
  if (allows === undefined) return undefined
  const body = { subject: `robot:${robot}`, allows, pattern: textOf(form, 'pattern') ?? '' }
  try {
    await bodyOf(api.POST('/projects/{project}/grants', { params: { path: { project } }, body }))
    return undefined
  } catch (error) {
    return new Error(`It may do nothing yet: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface MadeProps extends NewRobotProps {
  readonly robot: string
  readonly secret: string | undefined
  readonly problem: Error | undefined
}

function Made({ calls, project, robot, secret, problem, onClose }: MadeProps) {
  return (
    <>
      {problem !== undefined && <Failure error={problem} />}
      {secret === undefined ? <TrustRules {...{ calls, robot }} /> : <Secret label="Secret" text={secret} />}
      <CiSnippets robot={robot} repository={`${project ?? 'team'}/app`} hasSecret={secret !== undefined} />
      <div className="mt-4 flex justify-end">
        <Button tone="main" onClick={onClose}>
          Done
        </Button>
      </div>
    </>
  )
}
