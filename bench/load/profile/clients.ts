import { type Answer, Connection, type Question } from '../connection.ts'
import type { Operation, Recorder } from './recorder.ts'

/** Connections that wait for their next request. */
export class Connections {
  readonly #port: number
  readonly #free: Connection[] = []

  constructor(port: number) {
    this.#port = port
  }

  take(): Promise<Connection> | Connection {
    return this.#free.pop() ?? Connection.open(this.#port)
  }

  giveBack(connection: Connection): void {
    this.#free.push(connection)
  }

  /** So that no timed section begins with connecting. */
  async open(count: number): Promise<void> {
    while (this.#free.length < count) this.#free.push(await Connection.open(this.#port))
  }

  close(): void {
    for (const connection of this.#free) connection.close()
  }
}

export interface Asked extends Question {
  /** The statuses that count as right. */
  readonly right: readonly number[]
  /** How long the body must be. */
  readonly size?: number
}

/**
 * One request after the other over one connection. Each is due when the one before it has ended, the first when the
 * session was: what a server makes a client wait for counts, whether or not the client had come to asking.
 */
export class Lane {
  readonly #connection: Connection
  readonly #recorder: Recorder
  #dueAt: number

  constructor(connection: Connection, recorder: Recorder, dueAt: number) {
    this.#connection = connection
    this.#recorder = recorder
    this.#dueAt = dueAt
  }

  get dueAt(): number {
    return this.#dueAt
  }

  async ask(operation: Operation, { right, size, ...question }: Asked): Promise<Answer> {
    const answer = await this.#connection.ask(question)
    this.#recorder.note(operation, this.#dueAt)
    this.#dueAt = performance.now()
    const isWhole = size === undefined || answer.bodyBytes === size
    if (!right.includes(answer.status) || !isWhole) {
      throw new Error(`${question.method} ${question.path} answered ${answer.status} with ${answer.bodyBytes} bytes`)
    }
    return answer
  }
}
