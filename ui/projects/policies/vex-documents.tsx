import { useQuery } from '@tanstack/react-query'
import { useChange } from '../../api/change.ts'
import { api, bodyOf } from '../../api/client.ts'
import { read } from '../../api/read.ts'
import { AskButton } from '../../kit/ask-button.tsx'
import { Card } from '../../kit/card.tsx'
import { Form, TextField, textOf } from '../../kit/form.tsx'
import { ModalButton } from '../../kit/modal-button.tsx'
import { Shown } from '../../kit/shown.tsx'
import { Table } from '../../kit/table.tsx'
import { Ago } from '../../kit/time.tsx'
import type { PolicyPartProps } from './policies.tsx'

/** What the makers of software say about findings in it. */
export function VexDocuments({ project, mayManage }: PolicyPartProps) {
  const documents = useQuery(read('/projects/{project}/vex', { params: { path: { project } } }))
  return (
    <Card
      title="VEX"
      actions={
        mayManage && (
          <ModalButton text="Add a document" title="Add a VEX document">
            {(close) => <NewDocument project={project} onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Shown query={documents}>
        {({ items }) => (
          <Table
            label="VEX documents"
            rows={items}
            keyOf={({ id }) => id}
            columns={[
              { title: 'Document', cell: ({ id }) => `No. ${id}` },
              { title: 'Statements', cell: ({ statements }) => statements.toLocaleString(), isNumber: true },
              { title: 'In', cell: ({ repositories }) => repositories || 'all repositories' },
              { title: 'By', cell: ({ createdBy }) => createdBy },
              { title: 'Added', cell: ({ createdAt }) => <Ago at={createdAt} /> },
              { title: '', cell: ({ id }) => mayManage && <Remove {...{ project, id }} /> },
            ]}
            empty="None. An OpenVEX document says which findings do not reach a product; those do not count."
          />
        )}
      </Shown>
    </Card>
  )
}

function Remove({ project, id }: { readonly project: string; readonly id: number }) {
  return (
    <AskButton
      text="Remove"
      label={`Remove VEX document ${id}`}
      title="Remove this document?"
      action="Remove the document"
      said="The document was removed."
      work={() =>
        bodyOf(api.DELETE('/projects/{project}/vex/{document}', { params: { path: { project, document: id } } }))
      }
    >
      The findings that it speaks of count again.
    </AskButton>
  )
}

function NewDocument({ project, onClose }: { readonly project: string; readonly onClose: () => void }) {
  const { mutate, error, isPending } = useChange({
    work: async (form: FormData) => {
      const file = form.get('file')
      const document = objectIn(file instanceof File ? await file.text() : '')
      const repositories = textOf(form, 'repositories') ?? ''
      return bodyOf(
        api.POST('/projects/{project}/vex', { params: { path: { project } }, body: { document, repositories } }),
      )
    },
    said: ({ statements }) => `Its ${statements} statements hold from now on.`,
    onDone: onClose,
  })
  return (
    <Form action="Add the document" onCancel={onClose} {...{ error, isPending }} onSubmit={mutate}>
      <TextField name="file" label="OpenVEX document" type="file" accept=".json,application/json" required />
      <TextField
        name="repositories"
        label="In repositories"
        hint='Names below the project: "app", "app-*". Empty: all.'
        spellCheck={false}
      />
    </Form>
  )
}

/** @throws Error with a sentence for people */
function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch {
    // Said below, in our words.
  }
  throw new Error('The file is no JSON document.')
}
