import { useQuery } from '@tanstack/react-query'
import { api, bodyOf } from '../../api/client.ts'
import { read } from '../../api/read.ts'
import { AskButton } from '../../kit/ask-button.tsx'
import { Badge } from '../../kit/badge.tsx'
import { Card } from '../../kit/card.tsx'
import { ModalButton } from '../../kit/modal-button.tsx'
import { Shown } from '../../kit/shown.tsx'
import { Table } from '../../kit/table.tsx'
import { Ago } from '../../kit/time.tsx'
import { NewAnchor } from './new-anchor.tsx'
import type { PolicyPartProps } from './policies.tsx'

/** Whose signatures count. */
export function TrustAnchors({ project, mayManage }: PolicyPartProps) {
  const anchors = useQuery(read('/projects/{project}/trust', { params: { path: { project } } }))
  return (
    <Card
      title="Trust anchors"
      actions={
        mayManage && (
          <ModalButton text="Trust a signer" title="Trust a signer" wide>
            {(close) => <NewAnchor project={project} onClose={close} />}
          </ModalButton>
        )
      }
    >
      <Shown query={anchors}>
        {({ items }) => (
          <Table
            label="All trust anchors"
            rows={items}
            keyOf={({ name }) => name}
            columns={[
              { title: 'Name', cell: ({ name }) => <span className="font-medium break-all">{name}</span> },
              { title: 'Kind', cell: ({ kind }) => <Badge>{kind}</Badge> },
              { title: 'Trusts', cell: ({ summary }) => <span className="[overflow-wrap:anywhere]">{summary}</span> },
              { title: 'Since', cell: ({ createdAt }) => <Ago at={createdAt} /> },
              { title: '', cell: ({ name }) => mayManage && <Remove {...{ project, name }} /> },
            ]}
            empty="Nobody's signatures count here yet: a key of cosign, an identity of sigstore, or certificates of notation."
          />
        )}
      </Shown>
    </Card>
  )
}

function Remove({ project, name }: { readonly project: string; readonly name: string }) {
  return (
    <AskButton
      text="Remove"
      label={`Remove the trust anchor ${name}`}
      title={`Trust ${name} no more?`}
      action="Trust it no more"
      said={`${name} is trusted no more.`}
      work={() =>
        bodyOf(api.DELETE('/projects/{project}/trust/{anchor}', { params: { path: { project, anchor: name } } }))
      }
    >
      What only it signed counts as unsigned from the next pull on.
    </AskButton>
  )
}
