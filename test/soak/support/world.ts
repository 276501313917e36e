import { type Answer, type Ask, type Content, digestOf, NoAnswer, send } from '../../faults/support/client.ts'
import { makePool, Shelf } from './model.ts'
import { ADMINISTRATOR, type Service } from './service.ts'

export const COMMONS = 'soak/commons'
export const FIXED = 'soak/fixed'
export const CLIENTS = 8

/** Everything that the clients of one soak share. */
export class World {
  readonly service: Service
  readonly seed: number
  readonly pool: readonly Content[]
  readonly shelves: readonly Shelf[]
  readonly problems: string[] = []
  readonly counts: Record<string, number> = {}
  /** Of immutable tags, what they were set to first. */
  readonly fixed = new Map<string, string>()
  /** Changes that were acknowledged to one client alone, by action and repository. */
  readonly changes = new Map<string, number>()
  stopping = false

  constructor(service: Service, seed: number) {
    this.service = service
    this.seed = seed
    this.pool = makePool(seed)
    this.shelves = Array.from({ length: CLIENTS }, (_, index) => new Shelf(`soak/c${index}`))
  }

  problem(text: string): void {
    if (this.problems.length < 200) this.problems.push(text)
  }

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by
  }

  /** An acknowledged change, which the audit has to have exactly once. */
  changed(action: string, repository: string): void {
    const key = `${action} ${repository}`
    this.changes.set(key, (this.changes.get(key) ?? 0) + 1)
  }

  /** As an administrator. Whatever it is: no 5xx, and bytes are those of the digest. @throws NoAnswer */
  async ask(method: string, path: string, { headers = {}, ...ask }: Ask = {}): Promise<Answer> {
    const answer = await this.askAs(ADMINISTRATOR, method, path, { headers, ...ask })
    const { status, bytes } = answer
    this.count('requests')
    const digest = answer.headers.get('docker-content-digest')
    if (status >= 500) this.problem(`${answer.asked} → ${status} ${textOf(answer)}`)
    if (method !== 'GET' || status !== 200 || digest === null) return answer
    this.count('bytes pulled', bytes.length)
    const length = Number(answer.headers.get('content-length'))
    if (digestOf(bytes) !== digest || length !== bytes.length)
      this.problem(`${answer.asked}: ${bytes.length} of ${length} bytes, of ${digestOf(bytes)} instead of ${digest}`)
    return answer
  }

  async askAs(who: Readonly<Record<string, string>>, method: string, path: string, ask: Ask = {}): Promise<Answer> {
    try {
      return await send(this.service.url, method, path, { ...ask, headers: { ...ask.headers, ...who } })
    } catch (error) {
      if (error instanceof NoAnswer && this.service.isRunning) this.problem(error.message)
      throw error
    }
  }

  /** The administration API with JSON. */
  async api(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly json: unknown }> {
    const answer = await this.ask(method, `/api/v1${path}`, {
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
    })
    return { status: answer.status, json: answer.bytes.length === 0 ? undefined : JSON.parse(textOf(answer)) }
  }
}

export function textOf({ bytes }: Pick<Answer, 'bytes'>): string {
  return new TextDecoder().decode(bytes).slice(0, 4000)
}

export function wholeTextOf({ bytes }: Pick<Answer, 'bytes'>): string {
  return new TextDecoder().decode(bytes)
}

/** A path segment of the administration API. */
export function segment(repository: string): string {
  return encodeURIComponent(repository)
}
