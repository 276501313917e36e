import type { Socket } from 'bun'
import { ANY_CERTIFICATE } from '../support/certificate.ts'

export interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  /** Bytes of the body, of a chunked one with its frames; kept only when asked for. */
  readonly bodyBytes: number
}

export interface Question {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent one after the other, never copied together; with a `Transfer-Encoding` they are framed already. */
  readonly body?: readonly Uint8Array[]
  /** Sees every piece of the answer's body. */
  readonly onBody?: (piece: Uint8Array) => void
}

interface Pending {
  readonly question: Question
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

const END_OF_HEAD = new TextEncoder().encode('\r\n\r\n')
/** What a chunked body ends with; JSON holds no line break of this kind. */
const END_OF_CHUNKS = '0\r\n\r\n'

interface Receiving {
  readonly status: number
  readonly headers: Map<string, string>
  /** Infinite where it is chunked: then the end shows itself. */
  readonly length: number
  received: number
  /** The last bytes of a chunked body, as far as they may be its end. */
  tail: string
}

/** Given 16 MiB at once, Bun's TLS takes twice as long for them. */
const TLS_PART_BYTES = 64 * 1024

/** One keep-alive connection, one request at a time: HTTP/1.1 with as little between us and the socket as can be. */
export class Connection {
  readonly #port: number
  readonly #secure: boolean
  #socket: Socket | undefined
  #pending: Pending | undefined
  #outbox: Uint8Array[] = []
  #head: Buffer = Buffer.alloc(0)
  #answer: Receiving | undefined

  private constructor(port: number, secure: boolean) {
    this.#port = port
    this.#secure = secure
  }

  /** `secure`: over TLS, whatever the certificate. */
  static async open(port: number, secure = false): Promise<Connection> {
    const connection = new Connection(port, secure)
    await connection.#connect()
    return connection
  }

  async ask(question: Question): Promise<Answer> {
    if (this.#socket === undefined) await this.#connect()
    return new Promise((resolve, reject) => {
      this.#pending = { question, resolve, reject }
      this.#outbox = [headOf(question, this.#port), ...(question.body ?? [])]
      this.#flush()
    })
  }

  close(): void {
    this.#socket?.terminate()
  }

  async #connect(): Promise<void> {
    this.#socket = await Bun.connect({
      hostname: '127.0.0.1',
      port: this.#port,
      ...(this.#secure ? ANY_CERTIFICATE : {}),
      socket: {
        data: (_, chunk) => this.#receive(chunk),
        drain: () => this.#flush(),
        close: () => this.#lost(new Error('the server closed the connection')),
        error: (_, error) => this.#lost(error),
      },
    })
  }

  #lost(error: Error): void {
    this.#socket = undefined
    this.#head = Buffer.alloc(0)
    this.#answer = undefined
    const pending = this.#pending
    this.#pending = undefined
    pending?.reject(error)
  }

  #flush(): void {
    for (let piece = this.#outbox[0]; piece !== undefined; piece = this.#outbox[0]) {
      const part = this.#secure ? piece.subarray(0, TLS_PART_BYTES) : piece
      const sent = Math.max(0, this.#socket?.write(part) ?? 0)
      if (sent === piece.length) this.#outbox.shift()
      else this.#outbox[0] = piece.subarray(sent)
      if (sent < part.length) return
    }
  }

  #receive(chunk: Buffer): void {
    let body: Uint8Array = chunk
    if (this.#answer === undefined) {
      this.#head = this.#head.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#head, chunk])
      const end = this.#head.indexOf(END_OF_HEAD)
      if (end < 0) return
      this.#answer = parseHead(this.#head.toString('latin1', 0, end), this.#pending?.question.method ?? 'GET')
      body = this.#head.subarray(end + END_OF_HEAD.length)
      this.#head = Buffer.alloc(0)
    }
    if (body.length > 0) this.#pending?.question.onBody?.(body)
    this.#answer.received += body.length
    if (this.#answer.length === Number.POSITIVE_INFINITY) this.#answer.tail = tailOf(this.#answer.tail, body)
    if (this.#answer.received >= this.#answer.length || this.#answer.tail === END_OF_CHUNKS) this.#finish()
  }

  #finish(): void {
    const { status, headers, received } = this.#answer ?? { status: 0, headers: new Map(), received: 0 }
    const pending = this.#pending
    this.#answer = undefined
    this.#pending = undefined
    pending?.resolve({ status, headers, bodyBytes: received })
  }
}

function headOf({ method, path, headers = {}, body = [] }: Question, port: number): Uint8Array {
  const length = body.reduce((sum, piece) => sum + piece.length, 0)
  let head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`
  const isFramed = 'Transfer-Encoding' in headers
  if (method !== 'GET' && method !== 'HEAD' && !isFramed) head += `Content-Length: ${length}\r\n`
  return new TextEncoder().encode(`${head}\r\n`)
}

function parseHead(head: string, method: string): Receiving {
  const [first = '', ...lines] = head.split('\r\n')
  const status = Number(first.split(' ')[1])
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  const bodiless = method === 'HEAD' || status === 204 || status === 304
  const isChunked = headers.get('transfer-encoding') === 'chunked'
  const length = bodiless ? 0 : isChunked ? Number.POSITIVE_INFINITY : Number(headers.get('content-length') ?? 0)
  return { status, headers, length, received: 0, tail: '' }
}

function tailOf(before: string, body: Uint8Array): string {
  const end = Buffer.from(body.subarray(-END_OF_CHUNKS.length)).toString('latin1')
  return (before + end).slice(-END_OF_CHUNKS.length)
}
