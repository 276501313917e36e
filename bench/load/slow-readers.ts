// Many clients on a thin line: each takes a big blob at a fixed rate, and leaves after some seconds.
export interface SlowInput {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly bytesPerSecond: number
  readonly seconds: number
}

export interface SlowOutcome {
  readonly bytes: number
  readonly broken: number
}

const TICK_MS = 250

const input: SlowInput = JSON.parse(process.argv[2] ?? '')
const request = `GET ${input.path} HTTP/1.1\r\nHost: 127.0.0.1:${input.port}\r\n\r\n`
const allowance = (input.bytesPerSecond * TICK_MS) / 1000
let bytes = 0
let broken = 0
let leaving = false

interface State {
  credit: number
}

const handlers: Bun.SocketHandler<State> = {
  data: (socket, chunk) => {
    bytes += chunk.length
    socket.data.credit -= chunk.length
    if (socket.data.credit <= 0) socket.pause()
  },
  close: () => {
    if (!leaving) broken++
  },
  error: () => {},
}

const sockets: Bun.Socket<State>[] = []
for (let i = 0; i < input.connections; i++) {
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: input.port,
    socket: handlers,
    data: { credit: allowance },
  })
  socket.write(request)
  sockets.push(socket)
}
const until = performance.now() + input.seconds * 1000
while (performance.now() < until) {
  await Bun.sleep(TICK_MS)
  for (const socket of sockets) {
    socket.data.credit = Math.min(allowance, socket.data.credit + allowance)
    if (socket.data.credit > 0) socket.resume()
  }
}
leaving = true
for (const socket of sockets) socket.terminate()
const outcome: SlowOutcome = { bytes, broken }
console.log(JSON.stringify(outcome))
