import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useChange } from '../../api/change.ts'
import { api, bodyOf } from '../../api/client.ts'
import { useSettled } from '../../api/settled.ts'
import { Failure } from '../../kit/failure.tsx'
import { Form } from '../../kit/form.tsx'
import { Loading } from '../../kit/shown.tsx'
import { RemovalPreview } from '../removal-preview.tsx'
import { RetentionFields } from './retention-fields.tsx'
import type { StoredRetention } from './retention-rules.tsx'
import { describeRetention, fieldsOf, NEW_RULE, type RetentionRule, ruleOf } from './rule-words.ts'

interface RetentionEditorProps {
  readonly project: string
  /** Absent: a new one is made. */
  readonly edited?: StoredRetention
  readonly others: readonly StoredRetention[]
  readonly onClose: () => void
}

export function RetentionEditor({ project, edited, others, onClose }: RetentionEditorProps) {
  const [fields, setFields] = useState(() => (edited === undefined ? NEW_RULE : fieldsOf(edited)))
  const rule = ruleOf(fields)
  const { mutate, error, isPending } = useChange({
    work: () => save(project, rule, edited?.id),
    said: 'The rule holds from now on.',
    onDone: onClose,
  })
  return (
    <div className="mt-3 grid gap-4 rounded-md border border-line p-4 lg:grid-cols-2">
      <Form action="Save the rule" onCancel={onClose} {...{ error, isPending }} onSubmit={() => mutate()}>
        <RetentionFields fields={fields} onFields={setFields} />
      </Form>
      <section aria-label="What it would do">
        <h3 className="mb-2 text-sm font-semibold">What would go now</h3>
        <p className="mb-2 text-sm text-soft [overflow-wrap:anywhere]">{describeRetention(rule)}</p>
        <LivePreview {...{ project }} rules={[...others.map(withoutNames), rule]} />
      </section>
    </div>
  )
}

/** Rules are never changed: the new one is there before the old one goes, so that nothing is without a rule in between. */
async function save(project: string, body: RetentionRule, replaced: number | undefined): Promise<void> {
  await bodyOf(api.POST('/projects/{project}/retention', { params: { path: { project } }, body }))
  if (replaced !== undefined)
    await bodyOf(api.DELETE('/projects/{project}/retention/{rule}', { params: { path: { project, rule: replaced } } }))
}

function withoutNames({ repositories, tags, keep, untagged }: StoredRetention): RetentionRule {
  return {
    repositories,
    ...(tags !== undefined && { tags }),
    ...(keep !== undefined && { keep }),
    ...(untagged !== undefined && { untagged }),
  }
}

function LivePreview({ project, rules }: { readonly project: string; readonly rules: readonly RetentionRule[] }) {
  const settled = useSettled(JSON.stringify(rules))
  const { data, error } = useQuery({
    queryKey: ['retention preview', project, settled],
    queryFn: ({ signal }) =>
      bodyOf(
        api.POST('/projects/{project}/retention/preview', {
          params: { path: { project } },
          body: { rules: JSON.parse(settled) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
  })
  if (error !== null) return <Failure error={error} />
  return data === undefined ? <Loading /> : <RemovalPreview removal={data} />
}
