import type { Transaction } from '../metadata/db.ts'
import { listTagNames } from '../metadata/tags.ts'
import { isDigest } from '../oci/digest.ts'
import { isTag, type RepositoryName, type Tag } from '../oci/name.ts'
import { subjectOfTag } from './companions.ts'
import { addCounts, endExecution, findExecution, insertExecution, openExecutions } from './execution-store.ts'
import { backOffMs, whyFailed } from './failure.ts'
import { type ImageLine, putImages } from './image-store.ts'
import type { Parts } from './parts.ts'
import { dequeue, dueChanges, postpone, type QueuedChange, WHOLE_REPOSITORY } from './queue-store.ts'
import { countsOf, dealWith, type Dealt, lineOf } from './run-images.ts'
import { sayEnd, sayImage } from './say.ts'
import { isSelected } from './selection.ts'
import { knownTagsIn, tagsAbout } from './tag-store.ts'
import type { Work } from './work.ts'

const AT_ONCE = 50
/** A change that cannot be sent for a reason of its own is left to the next whole run after so many attempts. */
const MAX_ATTEMPTS = 20
/** One that has to be settled by the other side is looked at again so often. */
const MAX_LOOKS = 10
/** Then another execution begins, however much there is still to do. */
const IMAGES_OF_ONE = 1000

/** Sends what changed here, until nothing is due or the signal is aborted. */
export async function drainQueue(parts: Parts, work: Work): Promise<void> {
  const drain = new Drain(parts, work)
  for (;;) {
    if (work.signal.aborted) return
    const { clock, database } = parts.registry
    const due = await dueChanges(database.reader, work.rule.id, clock.now(), AT_ONCE)
    if (due.length === 0) break
    try {
      await drain.send(due)
    } catch (error) {
      if (work.signal.aborted) return
      throw error
    }
  }
  await drain.end()
}

interface Expanded {
  readonly change: QueuedChange
  readonly tags: readonly Tag[]
}

class Drain {
  readonly #parts: Parts
  readonly #work: Work

  constructor(parts: Parts, work: Work) {
    this.#parts = parts
    this.#work = work
  }

  async send(due: readonly QueuedChange[]): Promise<void> {
    const expanded: Expanded[] = []
    for (const change of due) expanded.push({ change, tags: await this.#tagsOf(change) })
    const wanted = expanded.flatMap(({ change, tags }) =>
      tags.map((tag) => ({ repository: change.repository, tag, attempts: change.attempts })),
    )
    const unique = [...new Map(wanted.map((each) => [`${each.repository}:${each.tag}`, each])).values()]
    const dealt = new Map<string, Dealt>()
    for (const each of await dealWith(this.#work, this.#parts.turns, unique))
      dealt.set(`${each.wanted.repository}:${each.wanted.tag}`, each)
    await this.#note([...dealt.values()])
    await this.#write(async (tx) => {
      for (const { change, tags } of expanded)
        await this.#settle(
          tx,
          change,
          tags.flatMap((tag) => dealt.get(`${change.repository}:${tag}`) ?? []),
        )
    })
  }

  async #tagsOf({ repository, reference }: QueuedChange): Promise<readonly Tag[]> {
    const { reader } = this.#parts.registry.database
    const isWanted = (tag: Tag) => subjectOfTag(tag) === undefined && isSelected(this.#work.rule, repository, tag)
    if (isDigest(reference)) return (await tagsAbout(reader, repository, reference)).filter(isWanted)
    if (reference !== WHOLE_REPOSITORY) return isTag(reference) && isWanted(reference) ? [reference] : []
    const tags = new Set(await knownTagsIn(reader, this.#work.rule.id, repository))
    for await (const tag of this.#tagsIn(repository)) tags.add(tag)
    return [...tags].filter(isWanted)
  }

  async *#tagsIn(repository: RepositoryName): AsyncGenerator<Tag> {
    for (let after = ''; ;) {
      const page = await listTagNames(this.#parts.registry.database.reader, repository, { after, limit: 1000 })
      yield* page
      const last = page.at(-1)
      if (last === undefined) return
      after = last
    }
  }

  async #note(dealt: readonly Dealt[]): Promise<void> {
    const now = this.#now()
    const lines = dealt.flatMap((each) => this.#lineOf(each, now) ?? [])
    if (lines.length === 0) return
    for (const line of lines)
      if (line.attempts === 1 || line.state !== 'waiting') sayImage(this.#parts.log, this.#work.rule, line)
    await this.#write(async (tx) => {
      const id = await this.#open(tx, now)
      await putImages(tx, id, lines)
      await addCounts(tx, id, countsOf(lines))
    })
    this.#parts.count(this.#work.rule.direction, lines)
  }

  #lineOf(each: Dealt, now: Date): ImageLine | undefined {
    // Looked at again and again until the other side settles it: said once.
    if (each.outcome?.openEnded === true && each.wanted.attempts > 0) return undefined
    const line = lineOf(each, { now, mayWait: false })
    if (line === undefined || each.failure === undefined || isHopeless(each)) return line
    return { ...line, state: 'waiting', nextAt: this.#nextAt(each) }
  }

  #nextAt({ wanted, failure }: Dealt): Date {
    return new Date(this.#now().getTime() + backOffMs(wanted.attempts + 1, failure?.retryAfterMs))
  }

  async #settle(tx: Transaction, change: QueuedChange, dealt: readonly Dealt[]): Promise<void> {
    const { rule } = this.#work
    const again = dealt.filter(
      (each) =>
        (each.failure !== undefined && !isHopeless(each)) ||
        (each.outcome?.openEnded === true && each.wanted.attempts < MAX_LOOKS),
    )
    const times = again.map((each) => this.#nextAt(each).getTime())
    if (times.length === 0) await dequeue(tx, rule.id, change)
    else await postpone(tx, rule.id, change, new Date(Math.max(...times)))
  }

  /** The execution that these belong to. */
  async #open(tx: Transaction, now: Date): Promise<number> {
    const open = (await openExecutions(tx)).find((each) => this.#isOurs(each) && dealtWith(each) < IMAGES_OF_ONE)
    if (open !== undefined) return open.id
    const { id: ruleId } = this.#work.rule
    return insertExecution(tx, { ruleId, trigger: 'event', actor: 'replication', state: 'running', now })
  }

  #isOurs({ ruleId, trigger }: { readonly ruleId: number; readonly trigger: string }): boolean {
    return ruleId === this.#work.rule.id && trigger === 'event'
  }

  /** Nothing is left, or what is left has to wait: that belongs to the same execution. */
  async end(): Promise<void> {
    const { database } = this.#parts.registry
    const left = await dueChanges(database.reader, this.#work.rule.id, new Date(8.64e15), 1)
    const open = (await openExecutions(database.reader)).filter((each) => this.#isOurs(each))
    for (const { id } of left.length === 0 ? open : open.slice(0, -1)) {
      const error = await whyFailed(database.reader, id)
      const end = { state: error === undefined ? 'done' : 'failed', error, now: this.#now() } as const
      await this.#write((tx) => endExecution(tx, { id, ruleId: this.#work.rule.id }, end))
      sayEnd(this.#parts.log, this.#work.rule, await findExecution(database.reader, id))
    }
  }

  #now(): Date {
    return this.#parts.registry.clock.now()
  }

  #write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#parts.registry.database.writeQuietly(work)
  }
}

function dealtWith({ copied, present, deleted }: { copied: number; present: number; deleted: number }): number {
  return copied + present + deleted
}

/** It was refused, or failed too often; what cannot be reached is waited for as long as it takes. */
function isHopeless({ wanted, failure }: Dealt): boolean {
  if (failure === undefined || failure.kind === 'place') return false
  return failure.kind === 'final' || wanted.attempts + 1 >= MAX_ATTEMPTS
}
