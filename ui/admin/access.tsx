import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { read } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { Form, SelectField, TextField, textOf } from '../kit/form.tsx'
import { Shown } from '../kit/shown.tsx'
import { PartTitle } from './part-title.tsx'

const ACTIONS = [
  ['pull', 'pull'],
  ['push', 'push something new'],
  ['overwrite', 'move a tag that is there'],
  ['delete', 'delete'],
  ['protect', 'protect'],
  ['manage', 'manage'],
] as const

interface AccessQuestion {
  readonly who: string
  readonly action: (typeof ACTIONS)[number][0]
  readonly repository: string
}

/** Who may do what, and because of which rule. */
export function Access() {
  const [asked, setAsked] = useState<AccessQuestion>()
  return (
    <>
      <PartTitle text="Access">
        Whether somebody may do something, and which rule says so: for "why can I not push?", and for being sure.
      </PartTitle>
      <Card>
        <Form action="Find out" onSubmit={(data) => setAsked(questionFrom(data))}>
          <div className="grid gap-x-4 sm:grid-cols-3">
            <TextField
              name="who"
              label="Who"
              placeholder="ann, robot.team.ci, anonymous"
              required
              autoCapitalize="none"
              spellCheck={false}
            />
            <SelectField name="action" label="May do what" options={ACTIONS} />
            <TextField
              name="repository"
              label="In which repository"
              placeholder="team/app"
              required
              autoCapitalize="none"
              spellCheck={false}
            />
          </div>
        </Form>
      </Card>
      {asked !== undefined && <Answer asked={asked} />}
    </>
  )
}

function questionFrom(data: FormData): AccessQuestion {
  return {
    who: textOf(data, 'who') ?? '',
    action: ACTIONS.find(([action]) => action === data.get('action'))?.[0] ?? 'pull',
    repository: textOf(data, 'repository') ?? '',
  }
}

function Answer({ asked }: { readonly asked: AccessQuestion }) {
  const answer = useQuery(read('/access/explain', { params: { query: asked } }))
  return (
    <Shown query={answer}>
      {({ allowed, rule, considered }) => (
        <Card
          title={
            <span className="break-all">
              {asked.who}, {asked.action}, {asked.repository}
            </span>
          }
          actions={<Badge mood={allowed ? 'good' : 'bad'}>{allowed ? 'allowed' : 'not allowed'}</Badge>}
        >
          <p role="status" className="text-sm break-words">
            {rule}
          </p>
          {considered.length > 0 && (
            <>
              <h3 className="mt-3 mb-1 text-sm font-semibold">What was looked at</h3>
              <ul className="list-disc pl-5 text-sm text-soft">
                {considered.map((each) => (
                  <li key={each} className="break-words">
                    {each}
                  </li>
                ))}
              </ul>
            </>
          )}
        </Card>
      )}
    </Shown>
  )
}
