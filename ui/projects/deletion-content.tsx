import { useQuery } from '@tanstack/react-query'
import { read } from '../api/read.ts'
import { Button } from '../kit/button.tsx'
import { Shown } from '../kit/shown.tsx'
import { Table } from '../kit/table.tsx'

const SHOWN = 100

/** What a deletion took. */
export function DeletionContent({ id, onClose }: { readonly id: number; readonly onClose: () => void }) {
  const deletion = useQuery(read('/deletions/{deletion}', { params: { path: { deletion: id } } }))
  return (
    <>
      <Shown query={deletion}>
        {({ tags, digests, manifests }) => (
          <>
            <h3 className="mb-1 text-sm font-semibold">Tags</h3>
            <Table
              label="Tags that it took along"
              rows={tags}
              keyOf={({ tag }) => tag}
              columns={[
                { title: 'Tag', cell: ({ tag }) => <span className="break-all">{tag}</span> },
                { title: 'Named', cell: ({ digest }) => <Digest text={digest} /> },
              ]}
              empty="It had no tags."
            />
            <h3 className="mt-4 mb-1 text-sm font-semibold">Manifests</h3>
            <Table
              label="Manifests"
              rows={digests}
              keyOf={(digest) => digest}
              columns={[{ title: 'Digest', cell: (digest) => <Digest text={digest} /> }]}
            />
            {manifests > SHOWN && (
              <p className="mt-1 text-xs text-soft">
                The first {SHOWN} of {manifests.toLocaleString()}.
              </p>
            )}
          </>
        )}
      </Shown>
      <div className="mt-4 flex justify-end">
        <Button onClick={onClose}>Close</Button>
      </div>
    </>
  )
}

function Digest({ text }: { readonly text: string }) {
  return <code className="font-mono text-xs break-all">{text}</code>
}
