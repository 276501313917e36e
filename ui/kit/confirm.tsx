import type { ReactNode } from 'react'
import { useChange } from '../api/change.ts'
import { Button } from './button.tsx'
import { Failure } from './failure.tsx'
import { Modal } from './modal.tsx'

interface ConfirmProps {
  /** A question. */
  readonly title: string
  /** What it means to say yes. */
  readonly children: ReactNode
  /** On the button: what is done, never only "OK". */
  readonly action: string
  readonly work: () => Promise<unknown>
  readonly said?: string
  readonly onClose: () => void
  readonly onDone?: () => void
  readonly tone?: 'main' | 'danger'
}

/** Asks before something is done. */
export function Confirm({ title, children, action, work, said, onClose, onDone, tone = 'danger' }: ConfirmProps) {
  const { mutate, error, isPending } = useChange<void>({
    work,
    ...(said !== undefined && { said }),
    onDone: () => {
      onClose()
      onDone?.()
    },
  })
  return (
    <Modal title={title} onClose={onClose}>
      <div className="text-sm text-soft">{children}</div>
      {error !== null && (
        <div className="mt-3">
          <Failure error={error} />
        </div>
      )}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button tone={tone} disabled={isPending} onClick={() => mutate()}>
          {action}
        </Button>
      </div>
    </Modal>
  )
}
