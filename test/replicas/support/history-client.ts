import { type Answer, type Ask, type Content, contentOf, NoAnswer, send } from '../../faults/support/client.ts'
import type { Random } from '../../faults/support/random.ts'
import { OCI_MANIFEST } from '../../faults/support/workload.ts'
import { imageAround, textOf } from './asking.ts'
import type { Outcome, Registers } from './registers.ts'

export interface Scene {
  readonly urls: readonly string[]
  readonly registers: Registers
  readonly problems: string[]
  readonly counts: Record<string, number>
  /** Contents that everybody pushes. */
  readonly layers: readonly Content[]
  /** Two. */
  readonly repositories: readonly string[]
  stopped: boolean
}

/** What may be said while something is broken: nothing is known of it then. */
const UNCLEAR = [500, 502, 503, 504]
const TAGS = ['one', 'two', 'three']

/** One of several that push, move, delete and read the same names, through any replica. */
export class HistoryClient {
  readonly #scene: Scene
  readonly #random: Random
  readonly #name: string
  #count = 0

  constructor(scene: Scene, random: Random, name: string) {
    this.#scene = scene
    this.#random = random
    this.#name = name
  }

  async work(): Promise<void> {
    while (!this.#scene.stopped) {
      const choice = this.#random.next()
      const repository = this.#random.pick(this.#scene.repositories)
      if (choice < 0.35) await this.#push(repository)
      else if (choice < 0.45) await this.#deleteTag(repository)
      else if (choice < 0.5) await this.#mount(repository)
      else await this.#read(repository)
    }
  }

  async #ask(method: string, path: string, ask: Ask = {}): Promise<Answer | undefined> {
    const answer = await send(this.#random.pick(this.#scene.urls), method, path, ask).catch((error: unknown) => {
      if (error instanceof NoAnswer) return undefined
      throw error
    })
    const kind = answer === undefined ? `${method} no answer` : `${method} ${answer.status}`
    this.#scene.counts[kind] = (this.#scene.counts[kind] ?? 0) + 1
    if (answer === undefined || UNCLEAR.includes(answer.status)) await Bun.sleep(this.#random.between(20, 200))
    if (answer?.status === 500) this.#problem(answer)
    return answer
  }

  #problem(answer: Answer): void {
    this.#scene.problems.push(`${this.#name}: ${answer.asked} → ${answer.status} ${textOf(answer).slice(0, 300)}`)
  }

  #outcomeOf(answer: Answer | undefined, refusals: readonly number[]): Outcome {
    if (answer === undefined || UNCLEAR.includes(answer.status)) return 'maybe'
    if (answer.status === 201 || answer.status === 202) return 'done'
    if (!refusals.includes(answer.status)) this.#problem(answer)
    return 'refused'
  }

  /** A layer that may be there already, an image that is new, and a tag that others move too. */
  async #push(repository: string): Promise<void> {
    const layer = this.#random.pick(this.#scene.layers)
    if (!(await this.#provide(repository, layer))) return
    const image = imageAround(layer, { annotations: { seed: `${this.#name} ${this.#count++}` } })
    const tag = this.#random.pick(TAGS)
    const end = this.#scene.registers.begin(`tag ${repository} ${tag}`, image.digest)
    const kept = this.#scene.registers.begin(`manifest ${repository} ${image.digest}`, image.digest)
    const answer = await this.#ask('PUT', `/v2/${repository}/manifests/${tag}`, {
      headers: { 'content-type': OCI_MANIFEST },
      body: image.bytes,
    })
    // It was told that the layer is there, within a lease that lasts longer than this: nothing is a reason to refuse it.
    const outcome = this.#outcomeOf(answer, [])
    end(outcome)
    kept(outcome)
  }

  async #provide(repository: string, layer: Content): Promise<boolean> {
    const path = `/v2/${repository}/blobs/${layer.digest}`
    if ((await this.#ask('HEAD', path))?.status === 200) return true
    if (this.#random.chance(0.5)) {
      const whole = `/v2/${repository}/blobs/uploads/?digest=${layer.digest}`
      return (await this.#ask('POST', whole, { body: layer.bytes }))?.status === 201
    }
    return this.#upload(repository, layer)
  }

  /** In chunks, each to any replica. After a failure it gives up, as with a client that dies. */
  async #upload(repository: string, layer: Content): Promise<boolean> {
    const location = (await this.#ask('POST', `/v2/${repository}/blobs/uploads/`))?.headers.get('location')
    if (location === undefined || location === null) return false
    for (let at = 0; at < layer.bytes.length;) {
      const end = Math.min(layer.bytes.length, at + this.#random.between(1, 200_000))
      const headers = { 'content-range': `${at}-${end - 1}` }
      const sent = await this.#ask('PATCH', location, { headers, body: layer.bytes.slice(at, end) })
      if (sent?.status !== 202) return false
      at = end
    }
    const finished = await this.#ask('PUT', `${location}?digest=${layer.digest}`)
    return finished?.status === 201
  }

  async #deleteTag(repository: string): Promise<void> {
    const tag = this.#random.pick(TAGS)
    const end = this.#scene.registers.begin(`tag ${repository} ${tag}`, undefined)
    end(this.#outcomeOf(await this.#ask('DELETE', `/v2/${repository}/manifests/${tag}`), [404]))
  }

  async #mount(repository: string): Promise<void> {
    const { digest } = this.#random.pick(this.#scene.layers)
    const from = this.#scene.repositories.find((other) => other !== repository)
    const answer = await this.#ask('POST', `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`)
    this.#outcomeOf(answer, [])
  }

  async #read(repository: string): Promise<void> {
    const { registers } = this.#scene
    const tag = this.#random.pick(TAGS)
    const from = registers.now()
    const answer = await this.#ask('GET', `/v2/${repository}/manifests/${tag}`)
    if (answer === undefined || UNCLEAR.includes(answer.status)) return
    if (answer.status !== 200 && answer.status !== 404) return this.#problem(answer)
    const found = answer.status === 200 ? contentOf(new Uint8Array(answer.bytes)).digest : undefined
    if (found !== undefined && answer.headers.get('docker-content-digest') !== found) this.#problem(answer)
    // Of a replica that is cut off, and says so.
    if (answer.headers.get('warning') !== null) return
    if (!registers.legal(`tag ${repository} ${tag}`, from, registers.now()).has(found))
      this.#scene.problems.push(`${this.#name}: read ${repository}:${tag} as ${found}, which it may not be`)
    if (found !== undefined && this.#random.chance(0.2)) await this.#pullLayer(repository, answer)
  }

  /** Invariant 5: what can be seen is complete, and what is served is right. */
  async #pullLayer(repository: string, manifest: Answer): Promise<void> {
    const digest = /"digest":"(sha256:[0-9a-f]{64})"/.exec(textOf(manifest))?.[1]
    const answer = await this.#ask('GET', `/v2/${repository}/blobs/${digest}`)
    if (answer === undefined || UNCLEAR.includes(answer.status)) return
    if (answer.status !== 200 || contentOf(new Uint8Array(answer.bytes)).digest !== digest) this.#problem(answer)
  }
}
