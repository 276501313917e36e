import { type ReactNode, useEffect } from 'react'

interface TitleProps {
  readonly text: string
  /** Above: where this is. */
  readonly trail?: ReactNode
  /** Beside it: badges. */
  readonly children?: ReactNode
  readonly actions?: ReactNode
}

export function Title({ text, trail, children, actions }: TitleProps) {
  useEffect(() => {
    document.title = `${text} – Berth`
  }, [text])
  return (
    <div className="mb-4">
      {trail !== undefined && <p className="text-sm text-soft">{trail}</p>}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="min-w-0 text-xl font-semibold break-words [overflow-wrap:anywhere]">{text}</h1>
        {children}
        {actions !== undefined && <div className="ml-auto flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  )
}
