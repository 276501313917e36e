import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import type { ItemOf } from './read.ts'
import { useMe } from './me.ts'

/** A burst of events has what is shown read again once. */
const GATHER_MS = 500
const AGAIN_MS = 5000
const MOST_PAGES = 5

export type LiveEvent = ItemOf<'/events'>

const listeners = new Set<(event: LiveEvent) => void>()

/** Tells of each event as it happens, until one has enough. A browser has six connections to a server: all share one. */
export function listenToEvents(listener: (event: LiveEvent) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What is shown is read again when something happens that its viewer may see. */
export function LiveUpdates() {
  const client = useQueryClient()
  const name = useMe()?.name
  const isVisible = useIsVisible()
  useEffect(() => {
    // Its pages together have six connections: one that nobody looks at needs none.
    if (name === undefined || !isVisible) return
    const end = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const onEvent = (event: LiveEvent) => {
      for (const listener of listeners) listener(event)
      timer ??= setTimeout(() => {
        timer = undefined
        void client.invalidateQueries({ predicate: isSoonRead })
      }, GATHER_MS)
    }
    void follow(onEvent, end.signal)
    return () => {
      end.abort()
      clearTimeout(timer)
    }
  }, [client, name, isVisible])
  return null
}

/** A list that was scrolled far would be read again page after page. */
function isSoonRead({ state }: { readonly state: { readonly data: unknown } }): boolean {
  const { data } = state
  const isList = typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages)
  return !isList || (data.pages as unknown[]).length <= MOST_PAGES
}

/** Server-sent events by fetch: an EventSource sends no mark of ours, and a refusal would open a question for a password. */
async function follow(onEvent: (event: LiveEvent) => void, signal: AbortSignal): Promise<void> {
  let since = 'latest'
  while (!signal.aborted) {
    const isRefused = await followOnce(since, signal, (message) => {
      since = /^id: (\S+)$/m.exec(message)?.[1] ?? since
      const data = /^data: (.*)$/m.exec(message)?.[1]
      if (data !== undefined) onEvent(JSON.parse(data) as LiveEvent)
    }).catch(() => false)
    if (isRefused) return
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** Until the server ends the stream. Whether it refused it. */
async function followOnce(since: string, signal: AbortSignal, onMessage: (text: string) => void): Promise<boolean> {
  const query = new URLSearchParams({ since })
  const response = await fetch(`/api/v1/events/stream?${query}`, { headers: { 'x-berth-page': '1' }, signal })
  if (!response.ok || response.body === null) return [401, 403, 404].includes(response.status)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const messages = (rest + next.value).split('\n\n')
    rest = messages.pop() ?? ''
    for (const message of messages) onMessage(message)
  }
  return false
}

function useIsVisible(): boolean {
  return useSyncExternalStore(
    (onChange) => {
      document.addEventListener('visibilitychange', onChange)
      return () => document.removeEventListener('visibilitychange', onChange)
    },
    () => document.visibilityState === 'visible',
  )
}
