import { type ReactNode, useState } from 'react'
import { Button, type Tone } from './button.tsx'
import { Modal } from './modal.tsx'

interface ModalButtonProps {
  /** On the button. */
  readonly text: string
  /** The same with what it is about, where that stands beside the button. */
  readonly label?: string
  readonly title: string
  readonly wide?: boolean
  readonly tone?: Tone
  readonly children: (close: () => void) => ReactNode
}

/** A button that opens a dialog. */
export function ModalButton({ text, label, tone = 'plain', children, ...modal }: ModalButtonProps) {
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <>
      <Button tone={tone} aria-label={label} onClick={() => setOpen(true)}>
        {text}
      </Button>
      {isOpen && (
        <Modal {...modal} onClose={close}>
          {children(close)}
        </Modal>
      )}
    </>
  )
}
