import { useState } from 'react'
import { Button } from './button.tsx'

/** Copies a text. `of` says what, to those who do not see what stands beside it. */
export function CopyButton({ text, of }: { readonly text: string; readonly of: string }) {
  const [said, setSaid] = useState('Copy')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      // Without HTTPS browsers have no clipboard for pages.
      setSaid('Select it')
    }
  }
  return (
    <Button aria-label={`${said}: ${of}`} onClick={() => void copy()}>
      {said}
    </Button>
  )
}

/** A line for a terminal, with a button that copies it. */
export function CopyLine({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div className="mb-2 flex flex-wrap items-center gap-2">
      <span className="w-24 text-sm text-soft">{label}</span>
      <code className="min-w-0 flex-1 basis-48 rounded-md bg-page px-2 py-1.5 font-mono text-xs break-all">{text}</code>
      <CopyButton text={text} of={label} />
    </div>
  )
}

/** Several lines: a file, a script. */
export function CopyBlock({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <figure className="mb-3">
      <figcaption className="mb-1 flex items-center justify-between gap-2 text-sm text-soft">
        {label}
        <CopyButton text={text} of={label} />
      </figcaption>
      {/* A region that scrolls is reached by keyboard. */}
      <pre tabIndex={0} className="overflow-x-auto rounded-md bg-page p-3 font-mono text-xs">
        {text}
      </pre>
    </figure>
  )
}

/** Shown once, and never again. */
export function Secret({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div className="rounded-md border border-warn p-3">
      <p className="mb-2 text-sm">Copy it now. It is kept nowhere in a form that could be shown again.</p>
      <CopyLine label={label} text={text} />
    </div>
  )
}
