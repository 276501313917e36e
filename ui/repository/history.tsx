import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { type ItemOf, readPagesBack } from '../api/read.ts'
import { Empty } from '../kit/empty.tsx'
import { FilterBox, List } from '../kit/list.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { HistoryRow } from './history-row.tsx'
import type { RepositoryViewProps } from './repository-tabs.tsx'
import { RollBackToMoment } from './roll-back.tsx'

export type Move = ItemOf<'/repositories/{repository}/history'>

/** Every move of every tag, newest first, with a way back. */
export function History({ repository, may }: RepositoryViewProps) {
  const { q = '' } = useSearch({ from: '/r/$' })
  const [tag, setTag] = useState(q)
  const params = { path: { repository }, query: { ...(tag !== '' && { tag }) } }
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <FilterBox label="Only the tag" text={tag} onText={setTag} />
        {tag !== '' && may.includes('overwrite') && (
          <ModalButton text="Back to a moment" title={`Roll ${tag} back`}>
            {(close) => <RollBackToMoment {...{ repository, tag }} onClose={close} />}
          </ModalButton>
        )}
      </div>
      <List
        label="History"
        pages={readPagesBack('/repositories/{repository}/history', { params })}
        keyOf={({ at, tag: name, digest, previous }) => `${at} ${name} ${digest} ${previous}`}
        empty={
          <Empty title={tag === '' ? 'No tag moved yet' : `No tag is or was called "${tag}".`}>
            Each time a tag is set, moved or deleted, a line is written here: what it named before and after, and by
            whom.
          </Empty>
        }
        row={(move) => <HistoryRow {...{ repository, may, move }} />}
      />
    </>
  )
}
