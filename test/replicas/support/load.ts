import { type Answer, contentOf, NoAnswer, send } from '../../faults/support/client.ts'
import { postBlob, putManifest } from '../../faults/support/images.ts'
import { Random } from '../../faults/support/random.ts'
import { imageAround, textOf } from './asking.ts'

/** One request of a load. `status` 0: there was no answer. */
export interface Asked {
  readonly what: 'push' | 'pull'
  readonly url: string
  /** On the clock of `performance.now()`. */
  readonly from: number
  readonly to: number
  readonly status: number
}

interface Pushed {
  readonly repository: string
  readonly tag: string
  readonly digest: string
}

interface LoadOptions {
  readonly urls: readonly string[]
  readonly seed: number
  /** Beginning of the names of its repositories. */
  readonly name: string
}

/** What a registry may say instead of the answer while something is broken. */
const UNAVAILABLE = [503, 502]

/**
 * Clients that push and pull until they are told to stop. What was acknowledged is remembered; anything but success or
 * "try again" (503 with Retry-After) is a problem.
 */
export class Load {
  readonly asked: Asked[] = []
  readonly problems: string[] = []
  /** Whose tag was acknowledged: each has a tag of its own. */
  readonly pushed: Pushed[] = []
  readonly #options: LoadOptions
  readonly #working: Promise<void>[] = []
  #isStopped = false

  constructor(options: LoadOptions) {
    this.#options = options
  }

  start(pushers: number, pullers: number): void {
    for (let index = 0; index < pushers; index++) this.#working.push(this.#keepPushing(index))
    for (let index = 0; index < pullers; index++) this.#working.push(this.#keepPulling(index))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#working)
  }

  /** How many had each status since a moment. */
  statuses(since = 0): Record<number, number> {
    const counts: Record<number, number> = {}
    for (const { status, from } of this.asked) if (from >= since) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }

  /** Milliseconds from a moment until the last request that failed had its answer. */
  troubledMs(since: number): number {
    const failed = this.asked.filter(({ status, to }) => to > since && !isGood(status))
    return Math.max(0, ...failed.map(({ to }) => to - since))
  }

  /** Everything that was acknowledged, at every replica. Returns what is wrong. */
  async check(): Promise<string[]> {
    const wrong: string[] = []
    for (const url of this.#options.urls)
      for (const { repository, tag, digest } of this.pushed) {
        const { status, bytes } = await send(url, 'GET', `/v2/${repository}/manifests/${tag}`)
        const found = contentOf(new Uint8Array(bytes)).digest
        if (status !== 200 || found !== digest)
          wrong.push(`${url} ${repository}:${tag}: ${status} ${found}, was acknowledged as ${digest}`)
      }
    return wrong
  }

  async #keepPushing(index: number): Promise<void> {
    const random = new Random(this.#options.seed * 31 + index)
    const repository = `${this.#options.name}/p${index}`
    for (let count = 0; !this.#isStopped; count++) {
      const layer = contentOf(random.bytes(random.chance(0.5) ? 1000 : 40_000))
      const image = imageAround(layer)
      const pushed = { repository, tag: `t${count}`, digest: image.digest }
      if (!(await this.#ask('push', (url) => postBlob(url, repository, layer), [201]))) continue
      if (await this.#ask('push', (url) => putManifest(url, repository, pushed.tag, image), [201]))
        this.pushed.push(pushed)
    }
  }

  async #keepPulling(index: number): Promise<void> {
    const random = new Random(this.#options.seed * 37 + index)
    while (!this.#isStopped) {
      if (this.pushed.length === 0) {
        await Bun.sleep(20)
        continue
      }
      const { repository, tag, digest } = random.pick(this.pushed)
      const pull = async (url: string) => {
        const answer = await send(url, 'GET', `/v2/${repository}/manifests/${tag}`)
        if (answer.status === 200 && contentOf(new Uint8Array(answer.bytes)).digest !== digest)
          this.problems.push(`${answer.asked}: is not what was pushed`)
        return answer
      }
      await this.#ask('pull', pull, [200])
    }
  }

  /** At the replicas in turn. Returns whether it went well; after a failure the next one waits, as clients do. */
  async #ask(what: Asked['what'], work: (url: string) => Promise<Answer>, good: readonly number[]): Promise<boolean> {
    const { urls } = this.#options
    const url = urls[this.asked.length % urls.length] ?? ''
    const from = performance.now()
    const answer = await work(url).catch((error: unknown) => {
      if (error instanceof NoAnswer) return undefined
      throw error
    })
    this.asked.push({ what, url, from, to: performance.now(), status: answer?.status ?? 0 })
    if (answer !== undefined && good.includes(answer.status)) return true
    if (answer !== undefined) this.#judge(answer)
    await Bun.sleep(50)
    return false
  }

  #judge(answer: Answer): void {
    const saysWhen = answer.status !== 503 || answer.headers.get('retry-after') !== null
    if (UNAVAILABLE.includes(answer.status) && saysWhen) return
    this.problems.push(`${answer.asked} → ${answer.status} ${textOf(answer).slice(0, 300)}`)
  }
}

function isGood(status: number): boolean {
  return status === 200 || status === 201
}
