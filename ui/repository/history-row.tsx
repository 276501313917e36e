import { Link } from '@tanstack/react-router'
import { Badge } from '../kit/badge.tsx'
import { shortDigest } from '../kit/format.ts'
import { ModalButton } from '../kit/modal-button.tsx'
import { Ago } from '../kit/time.tsx'
import type { Move } from './history.tsx'
import type { RepositoryViewProps } from './repository-tabs.tsx'
import { RestoreTag } from './restore-tag.tsx'
import { RollBack } from './roll-back.tsx'

interface HistoryRowProps extends RepositoryViewProps {
  readonly move: Move
}

export function HistoryRow({ repository, may, move }: HistoryRowProps) {
  const { tag, digest, previous, actor, at, reason } = move
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium break-all">{tag}</span>
          <What move={move} />
        </p>
        <p className="flex flex-wrap items-baseline gap-x-1.5 text-xs text-soft">
          {previous !== undefined && <Named {...{ repository, digest: previous }} />}
          {previous !== undefined && digest !== undefined && <span>→</span>}
          {digest !== undefined && <Named {...{ repository, digest }} />}
          {previous !== undefined && digest !== undefined && (
            <Link to="/compare/$" params={{ _splat: repository }} search={{ ref: previous, with: digest }}>
              compare
            </Link>
          )}
        </p>
      </div>
      <p className="text-xs break-words text-soft sm:w-56 [overflow-wrap:anywhere]">
        <Ago at={at} />
        {actor !== undefined && `, by ${actor}`}
        {reason !== '' && (
          <>
            <br />
            {reason}
          </>
        )}
      </p>
      <div className="sm:w-32 sm:text-right">
        <Back {...{ repository, may, move }} />
      </div>
    </div>
  )
}

function What({ move: { digest, previous, manifest, restorableUntil } }: { readonly move: Move }) {
  const verb = digest === undefined ? 'deleted' : previous === undefined ? 'set' : 'moved'
  return (
    <>
      <Badge mood={digest === undefined ? 'bad' : previous === undefined ? 'good' : 'info'}>{verb}</Badge>
      {manifest === 'gone' && <span className="text-xs text-soft">its image is gone for good</span>}
      {manifest === 'deleted' && (
        <span className="text-xs text-soft">
          its image is in the recycle bin, and goes <Ago at={restorableUntil} />
        </span>
      )}
    </>
  )
}

function Named({ repository, digest }: { readonly repository: string; readonly digest: string }) {
  return (
    <Link to="/i/$" params={{ _splat: repository }} search={{ ref: digest }} title={digest}>
      <code className="font-mono">{shortDigest(digest)}</code>
    </Link>
  )
}

/** What is gone cannot come back; what is in the recycle bin takes the right to delete, too. */
function Back({ repository, may, move: { tag, digest, manifest } }: HistoryRowProps) {
  if (manifest === 'gone' || (manifest === 'deleted' && !may.includes('delete'))) return null
  if (digest === undefined) return may.includes('delete') && <RestoreTag {...{ repository, tag }} />
  if (!may.includes('overwrite')) return null
  return (
    <ModalButton
      text="Back to this"
      label={`Back to this: ${tag} as ${shortDigest(digest)}`}
      title={`Roll ${tag} back?`}
    >
      {(close) => <RollBack {...{ repository, tag, digest }} onClose={close} />}
    </ModalButton>
  )
}
