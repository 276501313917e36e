import { createContext, type ReactNode, use, useCallback, useState } from 'react'

const SHOWN_MS = 5000

interface Said {
  readonly id: number
  readonly text: string
}

const SayContext = createContext<(text: string) => void>(() => undefined)

/** Says in passing that something is done; read aloud, and gone after some seconds. */
export function useSay(): (text: string) => void {
  return use(SayContext)
}

export function Toasts({ children }: { readonly children: ReactNode }) {
  const [all, setAll] = useState<readonly Said[]>([])
  const say = useCallback((text: string) => {
    const id = performance.now()
    setAll((before) => [...before, { id, text }])
    setTimeout(() => setAll((before) => before.filter((each) => each.id !== id)), SHOWN_MS)
  }, [])
  return (
    <SayContext value={say}>
      {children}
      <div
        role="status"
        aria-label="What was done"
        className="pointer-events-none fixed right-4 bottom-4 left-4 z-20 flex flex-col items-end gap-2"
      >
        {all.map(({ id, text }) => (
          <p
            key={id}
            className="rounded-md border border-line bg-ink px-4 py-2 text-sm break-words text-page shadow-lg"
          >
            {text}
          </p>
        ))}
      </div>
    </SayContext>
  )
}
