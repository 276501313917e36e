import { type ItemOf, readPagesBack } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Empty } from '../kit/empty.tsx'
import { List } from '../kit/list.tsx'
import { ModalButton } from '../kit/modal-button.tsx'
import { Ago } from '../kit/time.tsx'
import { DeletionContent } from './deletion-content.tsx'
import type { ProjectViewProps } from './project-tabs.tsx'
import { PurgeDeletion } from './purge-deletion.tsx'
import { RestoreDeletion } from './restore-deletion.tsx'

export type Deletion = ItemOf<'/deletions'>

const KINDS: Readonly<Record<Deletion['kind'], string>> = {
  manifest: 'deleted',
  repository: 'whole repository',
  retention: 'retention',
  expired: 'expired',
  untagged: 'without a name',
}

interface RecycleBinProps extends Pick<ProjectViewProps, 'may'> {
  /** Absent: of all projects. */
  readonly project?: string
}

/** What was deleted and can be restored. */
export function RecycleBin({ project, may }: RecycleBinProps) {
  return (
    <List
      label="Recycle bin"
      pages={readPagesBack('/deletions', { params: { query: project === undefined ? {} : { project } } })}
      keyOf={({ id }) => id}
      empty={
        <Empty title="The recycle bin is empty">
          What is deleted, or goes by a rule, waits here for some days. Until then it can be restored with its tags.
        </Empty>
      }
      row={(deletion) => <Row deletion={deletion} mayPurge={may.includes('manage')} />}
    />
  )
}

function Row({ deletion, mayPurge }: { readonly deletion: Deletion; readonly mayPurge: boolean }) {
  const { id, kind, repository, manifests, actor, reason, deletedAt, restorableUntil } = deletion
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium break-all">{repository}</span>
          <Badge>{KINDS[kind]}</Badge>
        </p>
        <p className="text-xs break-words text-soft [overflow-wrap:anywhere]">
          {manifests === 1 ? 'one manifest' : `${manifests.toLocaleString()} manifests`}, by {actor}{' '}
          <Ago at={deletedAt} />
          {reason !== '' && `: ${reason}`}
        </p>
      </div>
      <p className="text-xs text-soft sm:w-40">
        gone for good <Ago at={restorableUntil} />
      </p>
      <div className="flex flex-wrap gap-2">
        <ModalButton text="Look" label={`Look at deletion ${id}`} title={`Deleted from ${repository}`} wide>
          {(close) => <DeletionContent id={id} onClose={close} />}
        </ModalButton>
        <ModalButton text="Restore" label={`Restore deletion ${id}`} title={`Restore to ${repository}?`}>
          {(close) => <RestoreDeletion deletion={deletion} onClose={close} />}
        </ModalButton>
        {mayPurge && <PurgeDeletion deletion={deletion} />}
      </div>
    </div>
  )
}
