import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, bodyOf } from '../../api/client.ts'
import { type ItemOf, read } from '../../api/read.ts'
import { AskButton } from '../../kit/ask-button.tsx'
import { Button } from '../../kit/button.tsx'
import { Card } from '../../kit/card.tsx'
import { Shown } from '../../kit/shown.tsx'
import { RetentionEditor } from './retention-editor.tsx'
import { RunRetention } from './run-retention.tsx'
import { describeRetention } from './rule-words.ts'

export type StoredRetention = ItemOf<'/projects/{project}/retention'>

interface RetentionRulesProps {
  readonly project: string
  readonly mayManage: boolean
}

/** Which tags go by themselves. While one is edited, what it would remove stands below. */
export function RetentionRules({ project, mayManage }: RetentionRulesProps) {
  const [edited, setEdited] = useState<StoredRetention | 'new'>()
  const rules = useQuery(read('/projects/{project}/retention', { params: { path: { project } } }))
  const close = () => setEdited(undefined)
  return (
    <Card
      title="Retention rules"
      actions={
        mayManage &&
        rules.data !== undefined &&
        edited === undefined && (
          <>
            {rules.data.items.length > 0 && <RunRetention project={project} />}
            <Button tone="main" onClick={() => setEdited('new')}>
              Add a rule
            </Button>
          </>
        )
      }
    >
      <Shown query={rules}>
        {({ items }) => (
          <>
            {items.length === 0 && edited === undefined && (
              <p className="text-sm text-soft">
                Nothing goes by itself: every tag stays until somebody deletes it. A rule says which tags go, such as
                all but the ten that were pushed last; while you write it, you see what it would remove.
              </p>
            )}
            <ul className="flex flex-col">
              {items.map((rule) => (
                <li key={rule.id} className="flex flex-wrap items-center gap-2 border-b border-line py-2 last:border-0">
                  <Words rule={rule} />
                  {mayManage && edited === undefined && (
                    <>
                      <Button aria-label={`Change rule ${rule.id}`} onClick={() => setEdited(rule)}>
                        Change
                      </Button>
                      <Remove project={project} id={rule.id} />
                    </>
                  )}
                </li>
              ))}
            </ul>
            {edited !== undefined && (
              <RetentionEditor
                {...{ project }}
                {...(edited !== 'new' && { edited })}
                others={items.filter(({ id }) => edited === 'new' || id !== edited.id)}
                onClose={close}
              />
            )}
          </>
        )}
      </Shown>
    </Card>
  )
}

function Words({ rule }: { readonly rule: StoredRetention }) {
  const { repositories, createdBy } = rule
  return (
    <div className="mr-auto min-w-0 text-sm [overflow-wrap:anywhere]">
      <p>{describeRetention(rule)}</p>
      <p className="text-xs text-soft">
        {repositories === '' ? 'In the whole project' : `In ${repositories}`}, by {createdBy}
      </p>
    </div>
  )
}

function Remove({ project, id }: { readonly project: string; readonly id: number }) {
  return (
    <AskButton
      text="Remove"
      label={`Remove rule ${id}`}
      title="Remove this rule?"
      action="Remove the rule"
      said="The rule was removed."
      work={() =>
        bodyOf(api.DELETE('/projects/{project}/retention/{rule}', { params: { path: { project, rule: id } } }))
      }
    >
      What it keeps may go by other rules from then on; what it removed stays in the recycle bin for its time.
    </AskButton>
  )
}
