import type { Socket } from 'bun'

export interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  /** Bytes of the body; kept only when asked for. */
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

/** One keep-alive connection, one request at a time: plain HTTP/1.1 with as little between us and the socket as can be. */
export class Connection {
  readonly #port: number
  #socket: Socket | undefined
  #pending: Pending | undefined
  #outbox: Uint8Array[] = []
  #head: Buffer = Buffer.alloc(0)
  #answer: { status: number; headers: Map<string, string>; length: number; received: number } | undefined

  private constructor(port: number) {
    this.#port = port
  }

  static async open(port: number): Promise<Connection> {
    const connection = new Connection(port)
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
      const sent = this.#socket?.write(piece) ?? 0
      if (sent < piece.length) {
        this.#outbox[0] = piece.subarray(Math.max(0, sent))
        return
      }
      this.#outbox.shift()
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
    if (this.#answer.received >= this.#answer.length) this.#finish()
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

function parseHead(head: string, method: string) {
  const [first = '', ...lines] = head.split('\r\n')
  const status = Number(first.split(' ')[1])
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  const bodiless = method === 'HEAD' || status === 204 || status === 304
  if (!bodiless && headers.get('transfer-encoding') === 'chunked') throw new Error(`a chunked answer:\n${head}`)
  return { status, headers, length: bodiless ? 0 : Number(headers.get('content-length') ?? 0), received: 0 }
}
