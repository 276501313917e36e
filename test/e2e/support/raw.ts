import { connect, type Socket } from 'node:net'
import { until } from './until.ts'

/** An answer as it came over the socket: nothing merged, nothing repeated, nothing decoded. */
export interface RawAnswer {
  readonly status: number
  /** By lower-case name; one entry for each line. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly bytes: Uint8Array
  readonly body: string
}

/** A connection that sends exactly the bytes it is given. */
export class RawConnection {
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #receivedBytes = 0
  #closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data: Buffer) => {
      this.#chunks.push(data)
      this.#receivedBytes += data.byteLength
    })
    socket.on('close', () => {
      this.#closed = true
    })
    socket.on('error', () => undefined)
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const connection = new RawConnection(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve())
      socket.once('error', reject)
    })
    return connection
  }

  get closed(): boolean {
    return this.#closed
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Text is sent byte for byte: one byte a character. */
  write(data: string | Uint8Array): void {
    this.#socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
  }

  /** Closes our direction only. */
  end(): void {
    this.#socket.end()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** The next whole answer, taken from what was received. */
  async answer(deadlineMs = 5000): Promise<RawAnswer> {
    return until('a whole answer', () => this.#take(), deadlineMs)
  }

  /** Everything that came, once it ends like this. */
  async textUntil(ending: string, deadlineMs = 5000): Promise<string> {
    return until(
      `a text that ends with ${JSON.stringify(ending)}`,
      () => {
        const text = Buffer.concat(this.#chunks).toString('latin1')
        if (!text.endsWith(ending)) return undefined
        this.#chunks = []
        this.#receivedBytes = 0
        return text
      },
      deadlineMs,
    )
  }

  #take(): RawAnswer | undefined {
    const received = Buffer.concat(this.#chunks)
    this.#chunks = [received]
    const end = received.indexOf('\r\n\r\n')
    if (end < 0) {
      if (this.#closed) throw new Error(`closed without an answer: ${JSON.stringify(received.toString('latin1'))}`)
      return undefined
    }
    const [statusLine = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n')
    const headers = headersOf(lines)
    const length = Number(headers.get('content-length')?.[0] ?? '0')
    const whole = end + 4 + length
    if (received.byteLength < whole && !this.#closed) return undefined
    const bytes = received.subarray(end + 4, whole)
    const rest = received.subarray(Math.min(whole, received.byteLength))
    this.#chunks = [rest]
    this.#receivedBytes = rest.byteLength
    return { status: Number(statusLine.split(' ')[1]), headers, bytes, body: bytes.toString('utf8') }
  }
}

function headersOf(lines: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  return headers
}

/** Sends bytes on a connection of their own and returns the first answer to them. */
export async function rawRequest(url: string, data: string | Uint8Array, deadlineMs = 5000): Promise<RawAnswer> {
  const connection = await RawConnection.open(url)
  try {
    connection.write(data)
    return await connection.answer(deadlineMs)
  } finally {
    connection.destroy()
  }
}

/** The head of a request: a `Host` and whatever is given, one line each. */
export function head(method: string, target: string, headers: readonly string[] = []): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}

/** The code of the first error in a body. */
export function codeOf(answer: RawAnswer): string {
  const body = JSON.parse(answer.body) as { errors?: { code?: string }[] }
  return body.errors?.[0]?.code ?? ''
}
