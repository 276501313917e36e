import { type ReactNode, useState } from 'react'
import { visibleName } from '../kit/format.ts'
import { OutLink } from '../kit/out-link.tsx'

const LONG = 400
const START = 200

/** Of any length, as a link where it is one. */
export function SaidText({ text }: { readonly text: string }) {
  const [all, setAll] = useState(false)
  if (all || text.length <= LONG) return <OutLink text={text} />
  return (
    <>
      <span>{visibleName(text.slice(0, START))}… </span>
      <More onClick={() => setAll(true)}>Show all of it</More>
    </>
  )
}

export function More({ onClick, children }: { readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <button type="button" onClick={onClick} className="font-sans text-sm text-accent underline">
      {children}
    </button>
  )
}
