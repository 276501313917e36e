import type { ReactNode } from 'react'
import { Title } from '../kit/title.tsx'

interface PartTitleProps {
  readonly text: string
  readonly actions?: ReactNode
  /** What it is about, in a sentence or two. */
  readonly children?: ReactNode
}

export function PartTitle({ text, actions, children }: PartTitleProps) {
  return (
    <>
      <Title text={text} actions={actions} />
      {children !== undefined && <p className="-mt-2 mb-4 max-w-prose text-sm text-soft">{children}</p>}
    </>
  )
}
