import { text } from 'node:stream/consumers'
import { build } from './build.ts'
import { type BuildJob, type BuildResult, buildJobSchema, buildResultSchema } from './build-job.ts'
import { startChild } from './child.ts'
import type { VulndbPlace } from './place.ts'

/** Builds new data in a process of its own. @throws Error when it did not come to its end; the signal's reason */
export async function buildApart(place: VulndbPlace, job: BuildJob, signal?: AbortSignal): Promise<BuildResult> {
  signal?.throwIfAborted()
  const child = await startChild(place, 'build')
  signal?.addEventListener('abort', child.kill)
  try {
    signal?.throwIfAborted()
    child.process.stdin.end(`${JSON.stringify(job)}\n`)
    const [output, { code }] = await Promise.all([text(child.process.stdout), child.ended])
    signal?.throwIfAborted()
    if (code === 0) return buildResultSchema.parse(JSON.parse(output))
    const why = child.complaint()
    throw new Error(`new vulnerability data could not be built${why === '' ? '' : `: ${why}`}; what was there stays`)
  } finally {
    signal?.removeEventListener('abort', child.kill)
    child.kill()
  }
}

/** `berth vulndb build`: what the process does. */
export async function runBuild(input: AsyncIterable<string>, write: (line: string) => void): Promise<void> {
  for await (const line of input) {
    write(JSON.stringify(await build(buildJobSchema.parse(JSON.parse(line)))))
    return
  }
}
