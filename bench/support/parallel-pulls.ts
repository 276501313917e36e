import { writeFileSync } from 'node:fs'
import { find, pinned } from './tools.ts'

export interface PullPlan {
  readonly url: string
  /** Of one image, in the order in which each client asks for them: a manifest, a config, a layer. */
  readonly paths: readonly string[]
  readonly accept: string
  readonly clients: number
  /** For its configuration. */
  readonly file: string
}

export interface PullTimes {
  /** From the first request of the first client to the last byte of the last. */
  readonly totalMs: number
  /** Of the last of the paths, for each client: from its request to the first byte of the answer. */
  readonly firstByteMs: readonly number[]
}

/** Clients that all want one image at the same time; as cheap as they come: one curl, which drops what it is sent. */
export async function parallelPulls(plan: PullPlan): Promise<PullTimes> {
  const { clients, file, paths } = plan
  // The first path for all clients, then the second: whoever has the one asks for the next, over the connection he has.
  const asked = paths.flatMap((path) => Array.from({ length: clients }, () => path))
  writeFileSync(file, asked.map((path) => entry(plan, path)).join('next\n'))
  const curl = find('curl') ?? 'curl'
  const words = [curl, '--parallel', '--parallel-immediate', '--parallel-max', String(clients), '-K', file]
  const startedAt = performance.now()
  const child = Bun.spawn(pinned('load', words), { stdout: 'pipe', stderr: 'pipe' })
  const output = await child.stdout.text()
  const totalMs = performance.now() - startedAt
  if ((await child.exited) !== 0) throw new Error(`curl failed: ${await child.stderr.text()}`)
  return { totalMs, firstByteMs: firstBytes(output, asked.length, plan) }
}

function entry({ url, accept, paths }: PullPlan, path: string): string {
  const kind = path === paths.at(-1) ? 'last' : 'other'
  const format = `${kind} %{http_code} %{time_starttransfer} %{size_download}\\n`
  return `url = "${url}${path}"\noutput = "/dev/null"\nwrite-out = "${format}"\nheader = "Accept: ${accept}"\nsilent\nfail\n`
}

function firstBytes(output: string, count: number, { clients }: PullPlan): number[] {
  const lines = output.trimEnd().split('\n')
  const refused = lines.filter((line) => line.split(' ')[1] !== '200')
  if (lines.length !== count || refused.length > 0)
    throw new Error(`${count - lines.length + refused.length} of ${count} requests were not answered 200`)
  const last = lines.filter((line) => line.startsWith('last ')).map((line) => line.split(' '))
  const sizes = new Set(last.map(([, , , size]) => size))
  if (last.length !== clients || sizes.size !== 1) throw new Error(`not all clients got the same: ${[...sizes]}`)
  return last.map(([, , seconds]) => Number(seconds) * 1000)
}
