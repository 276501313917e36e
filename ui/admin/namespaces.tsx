import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { read } from '../api/read.ts'
import { AskButton } from '../kit/ask-button.tsx'
import { Badge } from '../kit/badge.tsx'
import { Card } from '../kit/card.tsx'
import { CheckField, Form, TextField, textOf } from '../kit/form.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'

/** Hosts that this registry stands in for, as a mirror. */
export function Namespaces({ canChange }: { readonly canChange: boolean }) {
  const namespaces = useQuery(read('/namespaces'))
  return (
    <Card
      title="Mirrored hosts"
      actions={
        canChange && (
          <ModalButton text="Add a host" title="Stand in for a host">
            {(close) => <NamespaceForm onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Shown query={namespaces}>
        {({ items }) => (
          <Table
            label="All mirrored hosts"
            rows={items}
            keyOf={({ name }) => name}
            empty="None. With one, containerd and others that have this registry as a mirror of docker.io find its images in a project."
            columns={[
              { title: 'Host', cell: ({ name }) => <span className="font-medium break-all">{name}</span> },
              {
                title: 'Project',
                cell: ({ project }) => (
                  <Link to="/p/$" params={{ _splat: project }} className="break-all">
                    {project}
                  </Link>
                ),
              },
              { title: 'Else', cell: (each) => each.default && <Badge>other names too</Badge> },
              {
                title: '',
                cell: ({ name }) =>
                  canChange && (
                    <AskButton
                      text="Remove"
                      label={`Remove the host ${name}`}
                      title={`Stand in for ${name} no more?`}
                      action="Remove the host"
                      said={`${name} means no project any more.`}
                      work={() =>
                        bodyOf(api.DELETE('/namespaces/{namespace}', { params: { path: { namespace: name } } }))
                      }
                    >
                      Clients that have this registry as its mirror do not find its images here. The project stays.
                    </AskButton>
                  ),
              },
            ]}
          />
        )}
      </Shown>
    </Card>
  )
}

function NamespaceForm({ onClose }: { readonly onClose: () => void }) {
  const { mutate, error, isPending } = useChange({
    work: (data: FormData) =>
      bodyOf(
        api.PUT('/namespaces/{namespace}', {
          params: { path: { namespace: textOf(data, 'name') ?? '' } },
          body: { project: textOf(data, 'project') ?? '', default: data.get('default') !== null },
        }),
      ),
    said: ({ name, project }) => `${name} means the project ${project}.`,
    onDone: onClose,
  })
  return (
    <Form action="Add the host" onCancel={onClose} {...{ error, isPending }} onSubmit={mutate}>
      <TextField
        name="name"
        label="Host"
        placeholder="docker.io"
        required
        autoFocus
        autoCapitalize="none"
        spellCheck={false}
      />
      <TextField name="project" label="Project" required autoCapitalize="none" spellCheck={false} />
      <CheckField name="default" label="Names that belong to no project mean this one too" />
    </Form>
  )
}
