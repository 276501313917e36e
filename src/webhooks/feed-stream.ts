import type { Management } from '../access/management.ts'
import type { Principal } from '../auth/principal.ts'
import { cursorAfter } from '../events/event.ts'
import type { Clock } from '../lib/clock.ts'
import { OciError } from '../oci/errors.ts'
import { type FeedFilter, type FeedPage, readFeed } from './feed.ts'

/** How many follow one process at once, and of them one account. */
const MAX_STREAMS = 300
const MAX_STREAMS_EACH = 20
const POLL_MS = 500
const HEARTBEAT_MS = 15_000
/** Rights, and who it is, are looked at anew whenever there is something to tell. */
const MAX_STREAM_MS = 15 * 60_000
const PAGE = 100

interface Follower {
  readonly m: Management
  readonly principal: Principal
  readonly filter: FeedFilter
  /** The row after which it begins. */
  readonly after: number
  readonly clock: Clock
  /** Whether the server is about to end: the client goes on elsewhere. */
  readonly isStopping: () => boolean
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal
  /** Whether whoever follows would still be let in. */
  readonly isStillKnown: () => Promise<boolean>
}

const streams = new Map<string, number>()

/** Returns what gives the place back. @throws OciError TOOMANYREQUESTS */
function takePlace({ id }: Principal): () => void {
  const own = streams.get(id) ?? 0
  const all = [...streams.values()].reduce((sum, each) => sum + each, 0)
  if (own >= MAX_STREAMS_EACH || all >= MAX_STREAMS)
    throw new OciError('TOOMANYREQUESTS', {
      message: 'too many follow the events already: ask the feed instead, or come again',
      headers: { 'retry-after': '30' },
    })
  streams.set(id, own + 1)
  return () => {
    const left = (streams.get(id) ?? 1) - 1
    if (left === 0) streams.delete(id)
    else streams.set(id, left)
  }
}

/** Server-sent events (WHATWG HTML, 9.2): `id` is the cursor that resumes after the event. @throws OciError */
export function followFeed(follower: Follower): ReadableStream<Uint8Array> {
  const giveBack = takePlace(follower.principal)
  const texts = follow(follower)
  const encoder = new TextEncoder()
  let isOpen = true
  const end = () => {
    if (isOpen) giveBack()
    isOpen = false
  }
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await texts.next()
        if (done !== true) return controller.enqueue(encoder.encode(value))
        end()
        controller.close()
      } catch (error) {
        end()
        controller.error(error)
      }
    },
    async cancel() {
      end()
      await texts.return(undefined)
    },
  })
}

async function* follow(follower: Follower): AsyncGenerator<string, undefined> {
  const { m, clock, filter, isStopping, gone } = follower
  const startedAt = clock.now().getTime()
  let saidAt = startedAt
  let at = follower.after
  // The answer begins at once, and says from where.
  yield `retry: 2000\nid: ${cursorAfter(at)}\n\n`
  while (!gone.aborted && !isStopping() && clock.now().getTime() - startedAt < MAX_STREAM_MS) {
    await m.recorder.seal()
    const page = await readFeed(follower, at, filter, PAGE)
    const text = textOf(page)
    at = Number.parseInt(page.cursor.slice(1), 36)
    if (text !== '' && !(await follower.isStillKnown())) return undefined
    const isQuiet = clock.now().getTime() - saidAt >= HEARTBEAT_MS
    if (text !== '' || isQuiet) {
      saidAt = clock.now().getTime()
      yield text === '' ? ': still here\n\n' : text
    }
    if (!page.more) await clock.sleep(POLL_MS, gone)
  }
  return undefined
}

function textOf({ items }: FeedPage): string {
  return items.map((event) => `id: ${event.cursor}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}
