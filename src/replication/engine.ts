import { Recent } from '../lib/recent.ts'
import { Turns } from '../lib/turns.ts'
import type { Log } from '../observability/log.ts'
import type { Remotes } from '../remotes/remotes.ts'
import type { ImageSource, ImageTarget } from '../registry/image-source.ts'
import { localImages } from '../registry/local-images.ts'
import type { Registry } from '../registry/registry.ts'
import { Bandwidth, slowed } from './bandwidth.ts'
import { drainQueue } from './drain-queue.ts'
import { endExecution, type Execution, insertExecution, openExecutions } from './execution-store.ts'
import { failureOf } from './failure.ts'
import { waitingImages } from './image-store.ts'
import { oppositesOf } from './origin.ts'
import type { Parts } from './parts.ts'
import { patient } from './patient.ts'
import { rulesWithChanges } from './queue-store.ts'
import { parseRule, type Rule, ruleActor, type StoredRule } from './rule.ts'
import { runExecution } from './run-execution.ts'
import { dueRules, findRuleById, listRules, setNextRun } from './rule-store.ts'
import { parseSchedule } from './schedule.ts'
import { sourceNamesOf } from './source-names.ts'
import type { Work } from './work.ts'

export interface EngineParts {
  readonly registry: Registry
  readonly remotes: Pick<Remotes, 'open'>
  readonly log: Log
  readonly count: Parts['count']
}

/** While anything is being done, it is looked this often whether there is more to do, or somebody wants something to end. */
const LOOK_MS = 1000

const REMEMBERED_IMAGES = 20_000

interface Lane {
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/** Does what rules, schedules, people and changes want done. Of each rule, changes and one execution at a time. */
export class Engine {
  readonly #parts: EngineParts
  readonly #turns = new Turns<string>()
  readonly #copying = new Turns<string>()
  readonly #fetched = new Recent<string, number>(REMEMBERED_IMAGES)
  readonly #lanes = new Map<string, Lane>()
  readonly #bandwidths = new Map<string, Bandwidth>()
  /** Rules whose changes could not be sent at all: not tried again before then. */
  readonly #resting = new Map<number, number>()

  constructor(parts: EngineParts) {
    this.#parts = parts
  }

  /** Until nothing can be done at the moment, or the signal is aborted. */
  async run(signal: AbortSignal = new AbortController().signal): Promise<void> {
    for (;;) {
      await this.#beginWhatIsDue(signal)
      const ends = [...this.#lanes.values()].map(({ ended }) => ended)
      if (ends.length === 0) return
      await Promise.race([...ends, this.#parts.registry.clock.sleep(LOOK_MS, signal)])
      if (!signal.aborted) continue
      await Promise.all(ends)
      return
    }
  }

  async #beginWhatIsDue(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { registry } = this.#parts
    const { reader } = registry.database
    const now = registry.clock.now()
    for (const id of await dueRules(reader, now)) await this.#schedule(id)
    for (const rule of await rulesWithChanges(reader, now))
      if ((this.#resting.get(rule) ?? 0) <= now.getTime())
        this.#begin(`changes ${rule}`, signal, rule, (parts, work) => drainQueue(parts, work))
    const seen = new Set<number>()
    for (const execution of await openExecutions(reader)) {
      if (execution.stopping && (await this.#stop(execution))) continue
      if (execution.trigger === 'event' || seen.has(execution.ruleId)) continue
      seen.add(execution.ruleId)
      if (await this.#canGoOn(execution)) this.#beginExecution(execution, signal)
    }
  }

  /** Not as long as all that is left has to wait. */
  async #canGoOn({ id, progress }: Execution): Promise<boolean> {
    const { clock, database } = this.#parts.registry
    const now = clock.now()
    if ((progress?.pausedUntil ?? 0) > now.getTime()) return false
    if (progress?.phase !== 'rest') return true
    const due = await waitingImages(database.reader, id, now, 1)
    return due.length > 0 || (await waitingImages(database.reader, id, undefined, 1)).length === 0
  }

  #beginExecution(execution: Execution, signal: AbortSignal): void {
    this.#begin(`execution ${execution.id}`, signal, execution.ruleId, (parts, work) =>
      runExecution(parts, work, execution),
    )
  }

  /** Its own lane notices, where it has one. */
  async #stop(execution: Execution): Promise<boolean> {
    const lane = this.#lanes.get(`execution ${execution.id}`)
    if (lane !== undefined) {
      lane.stop.abort()
      return true
    }
    const { database, clock } = this.#parts.registry
    await database.writeQuietly((tx) => endExecution(tx, execution, { state: 'stopped', now: clock.now() }))
    return true
  }

  async #schedule(id: number): Promise<void> {
    const { database, clock } = this.#parts.registry
    const rule = await findRuleById(database.reader, id)
    if (rule?.body.schedule === undefined) return
    const next = (await parseSchedule(rule.body.schedule))(clock.now())
    await database.write(async (tx) => {
      await setNextRun(tx, id, next)
      const isRunning = (await openExecutions(tx)).some((each) => each.ruleId === id && each.trigger !== 'event')
      if (isRunning) return
      await insertExecution(tx, {
        ...{ ruleId: id, trigger: 'schedule', actor: 'schedule', state: 'waiting', now: clock.now() },
      })
    })
  }

  #begin(name: string, signal: AbortSignal, ruleId: number, work: (parts: Parts, work: Work) => Promise<void>): void {
    if (this.#lanes.has(name)) return
    const stop = new AbortController()
    const { registry, log, count } = this.#parts
    const ended = this.#work(ruleId, AbortSignal.any([signal, stop.signal]))
      .then((made) => made && work({ registry, log, count, turns: this.#turns }, made))
      .catch((error: unknown) => this.#failed(name, ruleId, error))
      .finally(() => this.#lanes.delete(name))
    this.#lanes.set(name, { stop, ended })
  }

  /** The remote cannot even be tried: its password cannot be read, the address is none. */
  async #failed(name: string, ruleId: number, error: unknown): Promise<void> {
    const { registry, log } = this.#parts
    const { clock, database } = registry
    log.error('replication cannot be done', { rule: ruleId, error })
    const id = /^execution (\d+)$/.exec(name)?.[1]
    if (id === undefined) return void this.#resting.set(ruleId, clock.now().getTime() + REST_MS)
    const end = { state: 'failed', error: failureOf(error).reason, now: clock.now() } as const
    await database.writeQuietly((tx) => endExecution(tx, { id: Number(id), ruleId }, end)).catch(() => undefined)
  }

  async #work(ruleId: number, signal: AbortSignal): Promise<Work | undefined> {
    const { registry, remotes } = this.#parts
    const rules = await listRules(registry.database.reader)
    const stored = rules.find(({ id }) => id === ruleId)
    if (stored === undefined) return undefined
    const rule = await parseRule(stored)
    const remote = patient(await remotes.open(rule.remoteId), registry.clock, signal)
    const here = localImages({ registry, actor: ruleActor(rule), overwriteRefusal: undefined })
    const [from, target]: [ImageSource, ImageSource & ImageTarget] =
      rule.direction === 'push' ? [here, remote] : [remote, here]
    const source = slowed(from, this.#bandwidthOf(rule))
    const opposites = await Promise.all(oppositesOf(rule, rules).map(parseRule))
    return {
      ...{ registry, rule, rules, opposites, source, target, held: target, signal },
      sourceNames: sourceNamesOf(rule, from, signal),
      ...{ copying: this.#copying, fetched: this.#fetched },
    }
  }

  /** One for all lanes of a rule. */
  #bandwidthOf({ id, body: { bytesPerSecond } }: Rule | StoredRule): Bandwidth | undefined {
    if (bytesPerSecond === undefined) return undefined
    const key = `${id} ${bytesPerSecond}`
    const known = this.#bandwidths.get(key) ?? new Bandwidth(this.#parts.registry.clock, bytesPerSecond)
    this.#bandwidths.set(key, known)
    return known
  }
}

const REST_MS = 60_000
