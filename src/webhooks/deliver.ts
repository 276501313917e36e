import type { Management } from '../access/management.ts'
import type { GuardedEgress } from '../client/guarded-egress.ts'
import { type RegistryEvent, toEvent } from '../events/event.ts'
import { type HappenedRow, happenedAfter } from '../events/store.ts'
import { Problem } from '../lib/problem.ts'
import { Semaphore } from '../lib/semaphore.ts'
import type { Log } from '../observability/log.ts'
import type { SealedSecrets } from '../storage/sealed-secrets.ts'
import { egressFor, type Outcome, sendEvent } from './send.ts'
import { addDelivery, advance, dueWebhooks, noteHealth, pruneDeliveries } from './store.ts'
import { isOfProject } from './whose.ts'
import { purposeOf, wants, type Webhook } from './webhook.ts'

export interface DeliveryParts {
  readonly m: Management
  readonly secrets: SealedSecrets
  /** What this registry calls itself. */
  readonly source: string
  readonly log: Log
}

const BATCH = 200
/** After that its settings are read anew. */
const TURN_MS = 5000
/** While somebody keeps us waiting, others are looked at again after this. */
const LOOK_AGAIN_MS = 1000
/** Receivers at a time. Those that failed last have places of their own, so that many of them are in nobody's way. */
const WELL_AT_ONCE = 32
const FAILING_AT_ONCE = 8
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 5 * 60_000
/** How long an event is tried. */
export const GIVE_UP_MS = 24 * 3_600_000

/**
 * Tells each webhook of what happened, in order: an event that cannot be delivered holds up those behind it until it was
 * given up. At least once: where it got to is written down after the receiver has said yes.
 */
export class Deliverer {
  readonly #parts: DeliveryParts
  readonly #ways = new Map<string, GuardedEgress>()
  readonly #well = new Semaphore(WELL_AT_ONCE)
  readonly #failing = new Semaphore(FAILING_AT_ONCE)

  constructor(parts: DeliveryParts) {
    this.#parts = parts
  }

  /** Ends when nobody is being told any more. A receiver that is slow holds up its own events only. */
  async run(signal?: AbortSignal): Promise<void> {
    const { clock } = this.#parts.m
    const busy = new Map<number, Promise<void>>()
    for (;;) {
      await this.#begin(busy, signal)
      const awake = new AbortController()
      const all = Promise.all(busy.values()).then(() => 'done')
      const next = await Promise.race([all, clock.sleep(LOOK_AGAIN_MS, either(awake.signal, signal))])
      awake.abort()
      if (next === 'done' || signal?.aborted === true) break
    }
    await Promise.all(busy.values())
  }

  async #begin(busy: Map<number, Promise<void>>, signal: AbortSignal | undefined): Promise<void> {
    const { m } = this.#parts
    const due = (await dueWebhooks(m.database.reader, m.clock.now())).filter(({ id }) => !busy.has(id))
    if (due.length === 0) return
    await m.recorder.seal()
    for (const webhook of due) {
      const places = webhook.failingSince === undefined ? this.#well : this.#failing
      const telling = places.run(() => this.#tell(webhook, signal)).finally(() => busy.delete(webhook.id))
      busy.set(webhook.id, telling)
    }
  }

  async #tell(webhook: Webhook, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#drain(webhook, signal)
    } catch (error) {
      // One that cannot be served is not in the way of others.
      this.#parts.log.warn('a webhook could not be served', { webhook: webhook.id, error })
    }
  }

  async #drain(given: Webhook, signal: AbortSignal | undefined): Promise<void> {
    const { database, clock } = this.#parts.m
    const end = clock.now().getTime() + TURN_MS
    const isOver = () => signal?.aborted === true || clock.now().getTime() > end
    let webhook: Webhook | undefined = given
    while (webhook !== undefined) {
      const rows = await happenedAfter(database.reader, webhook.position, BATCH)
      webhook = await this.#tellAll(webhook, rows, { isOver, signal })
      if (rows.length < BATCH) break
    }
    if (webhook?.position !== given.position) await database.writeQuietly((tx) => pruneDeliveries(tx, given.id))
  }

  /** Returns the webhook as it goes on after these rows; undefined: it does not, for now. */
  async #tellAll(given: Webhook, rows: readonly HappenedRow[], turn: Turn): Promise<Webhook | undefined> {
    let webhook = given
    for (const row of rows) {
      const event = await this.#eventFor(webhook, row)
      if (event === undefined) continue
      const next = turn.isOver() ? undefined : await this.#deliver(webhook, { row, event, signal: turn.signal })
      if (next === undefined) return undefined
      webhook = next
    }
    const last = rows.at(-1)?.id ?? webhook.position
    return last > webhook.position ? this.#moveTo(webhook, last) : webhook
  }

  async #eventFor(webhook: Webhook, row: HappenedRow): Promise<RegistryEvent | undefined> {
    const event = toEvent(row)
    if (event === undefined || !wants(webhook.settings, event)) return undefined
    return (await isOfProject(this.#parts.m, webhook.projectId, event)) ? event : undefined
  }

  /** Returns the webhook as it goes on with the next event; undefined: it does not, for now. */
  async #deliver(webhook: Webhook, { row, event, signal }: Telling): Promise<Webhook | undefined> {
    const { m } = this.#parts
    const outcome = await this.#send(webhook, event, signal)
    if (outcome === undefined) return webhook
    const now = m.clock.now()
    const failingSince = outcome.isDelivered ? undefined : (webhook.failingSince ?? now)
    const isOver = outcome.isDelivered || isHopeless(event, failingSince, now)
    const attempts = outcome.isDelivered ? 0 : webhook.attempts + 1
    const dueAt = new Date(isOver ? 0 : now.getTime() + waitAfter(attempts))
    const health = { attempts: isOver ? 0 : attempts, failingSince, dueAt }
    const state = outcome.isDelivered ? 'delivered' : isOver ? 'dead' : 'failed'
    const isOurs = await m.database.writeQuietly(async (tx) => {
      if (isOver && !(await advance(tx, webhook.id, webhook.position, row.id))) return false
      await noteHealth(tx, webhook.id, health)
      await addDelivery(tx, {
        ...{ webhookId: webhook.id, eventId: event.id, type: event.type, state, at: now },
        ...{ status: outcome.status, problem: outcome.problem, row: state === 'dead' ? row : undefined },
      })
      return true
    })
    return isOurs && isOver ? { ...webhook, ...health, position: row.id } : undefined
  }

  async #send(webhook: Webhook, event: RegistryEvent, signal: AbortSignal | undefined): Promise<Outcome | undefined> {
    const { m, secrets, source } = this.#parts
    try {
      const { sealedSecret } = webhook
      const secret = sealedSecret === undefined ? undefined : secrets.open(sealedSecret, purposeOf(webhook))
      const parts = { reader: m.database.reader, source, signal, now: m.clock.now(), egress: this.#way(webhook) }
      return await sendEvent({ webhook, event, secret, ...parts })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return { isDelivered: false, status: undefined, problem: error.message }
    }
  }

  /** Connections are kept from one event to the next. */
  #way({ url, settings }: Webhook): GuardedEgress {
    const key = JSON.stringify([new URL(url).origin, settings.allowPrivate, settings.insecureHttp])
    const known = this.#ways.get(key) ?? egressFor({ url, settings })
    this.#ways.set(key, known)
    return known
  }

  async #moveTo(webhook: Webhook, at: number): Promise<Webhook | undefined> {
    const { database } = this.#parts.m
    const isMoved = await database.writeQuietly((tx) => advance(tx, webhook.id, webhook.position, at))
    return isMoved ? { ...webhook, position: at } : undefined
  }
}

function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other])
}

interface Turn {
  readonly isOver: () => boolean
  readonly signal: AbortSignal | undefined
}

interface Telling {
  readonly row: HappenedRow
  readonly event: RegistryEvent
  readonly signal: AbortSignal | undefined
}

/** The receiver had a day for this event, and has answered nobody for a day. */
function isHopeless(event: RegistryEvent, failingSince: Date | undefined, now: Date): boolean {
  const since = Math.max(event.at.getTime(), failingSince?.getTime() ?? now.getTime())
  return now.getTime() - since >= GIVE_UP_MS
}

function waitAfter(attempts: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 20))
}
