import { type Answer, Connection } from './connection.ts'
import type { Body } from './random-body.ts'

/** `monolithic`: POST, then PUT with the bytes. `chunked`: POST, PATCH with the bytes, PUT without, as docker pushes. */
export type Way = 'monolithic' | 'chunked'

const BYTES = { 'Content-Type': 'application/octet-stream' }

export async function pushBlob(connection: Connection, repository: string, body: Body, way: Way): Promise<void> {
  const opened = await connection.ask({ method: 'POST', path: `/v2/${repository}/blobs/uploads/` })
  let location = locationOf(opened, 202)
  if (way === 'chunked') {
    const patched = await connection.ask({ method: 'PATCH', path: location, headers: BYTES, body: body.pieces })
    location = locationOf(patched, 202)
  }
  const path = `${location}${location.includes('?') ? '&' : '?'}digest=${body.digest}`
  const last = way === 'monolithic' ? body.pieces : []
  const stored = await connection.ask({ method: 'PUT', path, headers: BYTES, body: last })
  if (stored.status !== 201) throw new Error(`PUT ${path} answered ${stored.status}`)
}

/** The path in a Location, which may be a whole URL. */
export function locationOf(answer: Answer, status: number): string {
  const location = answer.headers.get('location')
  if (answer.status !== status || location === undefined) throw new Error(`an upload answered ${answer.status}`)
  return location.replace(/^https?:\/\/[^/]+/, '')
}

/** Some workers, each with a connection of its own, until the work runs out. */
export async function withWorkers(
  port: number,
  concurrency: number,
  work: (connection: Connection, worker: number) => Promise<void>,
  secure = false,
): Promise<void> {
  const connections: Connection[] = []
  for (let i = 0; i < concurrency; i++) connections.push(await Connection.open(port, secure))
  await Promise.all(connections.map(work))
  for (const connection of connections) connection.close()
}

/** Says that all is prepared and waits for the bench to start its clock. */
export async function awaitStart(): Promise<void> {
  console.log('ready')
  await Bun.stdin.text()
}
