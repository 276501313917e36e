import { type ComponentProps, useState } from 'react'
import { Button, type Tone } from './button.tsx'
import { Confirm } from './confirm.tsx'

interface AskButtonProps extends Omit<ComponentProps<typeof Confirm>, 'onClose' | 'tone'> {
  /** On the button. */
  readonly text: string
  /** The same with what it is about, where that stands beside the button. */
  readonly label?: string
  readonly tone?: Tone
}

/** A button that asks before something is done. */
export function AskButton({ text, label, tone = 'danger', ...question }: AskButtonProps) {
  const [asks, setAsks] = useState(false)
  return (
    <>
      <Button tone={tone} aria-label={label} onClick={() => setAsks(true)}>
        {text}
      </Button>
      {asks && <Confirm {...question} tone={tone === 'danger' ? 'danger' : 'main'} onClose={() => setAsks(false)} />}
    </>
  )
}
