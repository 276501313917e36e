import { useEffect, useState } from 'react'

const PAUSE_MS = 300

/** What somebody types, once it rests: the server is asked then. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
