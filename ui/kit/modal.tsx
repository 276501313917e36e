import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'

interface ModalProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  readonly wide?: boolean
}

/** The browser's own dialog: it keeps the focus inside, closes with Escape, and gives the focus back. */
export function Modal({ title, onClose, children, wide = false }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  // While it is still in the page: a dialog that is out of it gives no focus back.
  useLayoutEffect(() => {
    const shown = dialog.current
    if (shown?.open === false) shown.showModal()
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      // React lets this event come up from a dialog inside, too.
      onClose={({ target, currentTarget }) => target === currentTarget && onClose()}
      aria-labelledby={id}
      className={`max-h-[90dvh] w-[calc(100%-2rem)] overflow-y-auto rounded-lg border border-line bg-card p-5 text-left text-base font-normal whitespace-normal text-ink ${wide ? 'max-w-3xl' : 'max-w-lg'}`}
    >
      <h2 id={id} className="mb-3 text-lg font-semibold break-words">
        {title}
      </h2>
      {children}
    </dialog>
  )
}
