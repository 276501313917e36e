// Opens many connections, has each of them answered once, and then does nothing.
import { awaitStart, withWorkers } from './push-blob.ts'

export interface IdleInput {
  readonly port: number
  readonly connections: number
}

const input: IdleInput = JSON.parse(process.argv[2] ?? '')
let answered = 0
let release = () => {}
const released = new Promise<void>((resolve) => {
  release = resolve
})

await withWorkers(input.port, input.connections, async (connection) => {
  const answer = await connection.ask({ method: 'GET', path: '/v2/' })
  if (answer.status !== 200) throw new Error(`GET /v2/ answered ${answer.status}`)
  answered++
  if (answered === input.connections) {
    await awaitStart()
    release()
  }
  await released
})
console.log(JSON.stringify({ answered }))
