import { type ReactNode, useId } from 'react'

interface CardProps {
  readonly title?: ReactNode
  /** Beside the title: what can be done. */
  readonly actions?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}

/** A part of a page, under a heading of its own. */
export function Card({ title, actions, children, className = '' }: CardProps) {
  const id = useId()
  return (
    <section
      {...(title !== undefined && { 'aria-labelledby': id })}
      className={`mb-4 rounded-lg border border-line bg-card p-4 ${className}`}
    >
      {(title !== undefined || actions !== undefined) && (
        <div className="mb-3 flex flex-wrap items-center gap-2">
          <h2 id={id} className="mr-auto text-base font-semibold">
            {title}
          </h2>
          {actions}
        </div>
      )}
      {children}
    </section>
  )
}
