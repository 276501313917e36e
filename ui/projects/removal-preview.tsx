import type { paths } from '../api/client.ts'
import { formatBytes } from '../kit/format.ts'
import { Table } from '../kit/table.tsx'

export type Removal =
  paths['/repositories/{repository}/preview-delete']['post']['responses'][200]['content']['application/json']

/** What would go, and what that would free. */
export function RemovalPreview({ removal }: { readonly removal: Removal }) {
  const { tags, manifests, bytes, keptTags, items, truncated } = removal
  return (
    <div>
      <p role="status" className="mb-2 text-sm">
        {tags === 0 && manifests === 0 ? (
          'Nothing would go.'
        ) : (
          <>
            <strong>{counted(tags, 'tag')}</strong> and {counted(manifests, 'manifest')} would go, and free{' '}
            <strong>{formatBytes(bytes)}</strong>
            {keptTags > 0 && `; ${counted(keptTags, 'tag')} would stay, as immutable or in use`}.
          </>
        )}
      </p>
      {items.tags.length > 0 && (
        <div className="max-h-60 overflow-y-auto">
          <Table
            label="Tags that would go"
            rows={items.tags}
            keyOf={({ repository, tag }) => `${repository}:${tag}`}
            columns={[
              { title: 'Tag that would go', cell: ({ tag }) => <span className="break-all">{tag}</span> },
              { title: 'In', cell: ({ repository }) => <span className="break-all">{repository}</span> },
            ]}
          />
        </div>
      )}
      {items.keptTags.length > 0 && (
        <div className="mt-2 max-h-40 overflow-y-auto">
          <Table
            label="Tags that would stay all the same"
            rows={items.keptTags}
            keyOf={({ repository, tag }) => `${repository}:${tag}`}
            columns={[
              { title: 'Tag that stays', cell: ({ tag }) => <span className="break-all">{tag}</span> },
              { title: 'Why', cell: ({ reason }) => reason },
            ]}
          />
        </div>
      )}
      {truncated && <p className="mt-1 text-xs text-soft">Not all are listed; the numbers are of all.</p>}
    </div>
  )
}

function counted(count: number, word: string): string {
  return `${count.toLocaleString()} ${word}${count === 1 ? '' : 's'}`
}
