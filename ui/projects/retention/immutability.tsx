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

interface ImmutabilityProps {
  readonly project: string
  readonly mayManage: boolean
}

/** Tags that nobody moves or deletes. */
export function Immutability({ project, mayManage }: ImmutabilityProps) {
  const params = { path: { project } }
  const rules = useQuery(read('/projects/{project}/immutability', { params }))
  return (
    <Card
      title="Immutable tags"
      actions={
        mayManage && (
          <ModalButton text="Make tags immutable" title="Make tags immutable">
            {(close) => <NewImmutability project={project} onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Shown query={rules}>
        {({ items }) => (
          <Table
            label="Rules of immutability"
            rows={items}
            keyOf={({ id }) => id}
            columns={[
              { title: 'Tags', cell: ({ tags }) => <code className="font-mono break-all">{tags}</code> },
              { title: 'In', cell: ({ repositories }) => repositories || 'all repositories' },
              { title: 'Since', cell: ({ createdAt }) => <Ago at={createdAt} /> },
              {
                title: '',
                cell: ({ id, tags }) =>
                  mayManage && (
                    <AskButton
                      text="Remove"
                      label={`Remove the rule of ${tags}`}
                      title={`Let ${tags} be moved again?`}
                      action="Let them be moved"
                      said="They can be moved and deleted again."
                      work={() =>
                        bodyOf(
                          api.DELETE('/projects/{project}/immutability/{rule}', {
                            params: { path: { project, rule: id } },
                          }),
                        )
                      }
                    >
                      Whoever may push can then make them name something else, and retention can remove them.
                    </AskButton>
                  ),
              },
            ]}
            empty="Tags can be moved by whoever may. Make those of releases immutable: they name the same image for ever."
          />
        )}
      </Shown>
    </Card>
  )
}

function NewImmutability({ project, onClose }: { readonly project: string; readonly onClose: () => void }) {
  const { mutate, error, isPending } = useChange({
    work: (form: FormData) =>
      bodyOf(
        api.POST('/projects/{project}/immutability', {
          params: { path: { project } },
          body: { tags: textOf(form, 'tags') ?? '', repositories: textOf(form, 'repositories') ?? '' },
        }),
      ),
    said: 'They are immutable from now on.',
    onDone: onClose,
  })
  return (
    <Form action="Make them immutable" onCancel={onClose} {...{ error, isPending }} onSubmit={mutate}>
      <TextField
        name="tags"
        label="Tags"
        hint='"v*,release-*", "regex:v\d+", "semver:*"; "!" before it: all others.'
        required
        autoFocus
        spellCheck={false}
      />
      <TextField
        name="repositories"
        label="In repositories"
        hint='Names below the project: "app", "app-*". Empty: all.'
        spellCheck={false}
      />
    </Form>
  )
}
