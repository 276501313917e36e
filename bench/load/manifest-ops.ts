// Repeats, for some seconds, one of the small writes that most pushes consist of.
import { randomUUID } from 'node:crypto'
import type { Connection } from './connection.ts'
import { awaitStart, withWorkers } from './push-blob.ts'

export interface OperationsInput {
  readonly port: number
  readonly repository: string
  readonly operation: 'existing' | 'mount' | 'retag'
  readonly manifest: string
  readonly mediaType: string
  readonly digests: readonly string[]
  readonly concurrency: number
  readonly seconds: number
}

export interface OperationsOutcome {
  readonly operations: number
  readonly seconds: number
}

const input: OperationsInput = JSON.parse(process.argv[2] ?? '')
const manifest = new TextEncoder().encode(input.manifest)
const run = randomUUID().slice(0, 8)
let operations = 0

const perform: Readonly<Record<OperationsInput['operation'], (connection: Connection) => Promise<void>>> = {
  /** An unchanged image under a new tag: every layer is asked for and found, then the manifest is put. */
  existing: async (connection) => {
    for (const digest of input.digests) {
      await demand(connection, 200, { method: 'HEAD', path: `/v2/${input.repository}/blobs/${digest}` })
    }
    await putManifest(connection)
  },
  mount: async (connection) => {
    const target = `bench/mount-${run}-${operations}`
    const query = `mount=${input.digests[0]}&from=${input.repository}`
    await demand(connection, 201, { method: 'POST', path: `/v2/${target}/blobs/uploads/?${query}` })
  },
  retag: putManifest,
}

await awaitStart()
const startedAt = performance.now()
const until = startedAt + input.seconds * 1000
await withWorkers(input.port, input.concurrency, async (connection) => {
  while (performance.now() < until) {
    operations++
    await perform[input.operation](connection)
  }
})
const outcome: OperationsOutcome = { operations, seconds: (performance.now() - startedAt) / 1000 }
console.log(JSON.stringify(outcome))

async function putManifest(connection: Connection): Promise<void> {
  const path = `/v2/${input.repository}/manifests/${run}-${operations}`
  const headers = { 'Content-Type': input.mediaType }
  await demand(connection, 201, { method: 'PUT', path, headers, body: [manifest] })
}

async function demand(connection: Connection, status: number, question: Parameters<Connection['ask']>[0]) {
  const answer = await connection.ask(question)
  if (answer.status !== status) throw new Error(`${question.method} ${question.path} answered ${answer.status}`)
}
