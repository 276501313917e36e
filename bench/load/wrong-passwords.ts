// Sends wrong passwords over some connections, each as fast as it is answered, until its standard input ends.
interface Input {
  readonly port: number
  readonly connections: number
}

const input: Input = JSON.parse(process.argv[2] ?? '')
let stopping = false
let sent = 0

async function guess(connection: number): Promise<void> {
  while (!stopping) {
    const authorization = `Basic ${btoa(`root:guess ${connection} ${sent++}`)}`
    const answer = await fetch(`http://127.0.0.1:${input.port}/token`, { headers: { authorization } })
    await answer.text()
  }
}

const guessing = Array.from({ length: input.connections }, (_, connection) => guess(connection))
console.log('ready')
process.stdin.resume().on('end', () => {
  stopping = true
  void Promise.all(guessing).then(() => console.log(JSON.stringify({ sent })))
})
