import { test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PROGRAM = 'docker-registry'

/** Skipped by name where Debian's docker-registry is missing; in CI (`CI=true`) that is a failure. */
export const testWithDockerRegistry: typeof test =
  Bun.which(PROGRAM) !== null || process.env.CI === 'true' ? test : (test.skip as typeof test)

export interface DockerRegistry {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Debian's docker-registry (distribution 2.8) on a `storage` section of its configuration, in YAML's flow style, with
 * other sections as they are: `auth`.
 */
export async function startDockerRegistry(
  storage: Readonly<Record<string, unknown>>,
  sections: Readonly<Record<string, unknown>> = {},
): Promise<DockerRegistry> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-docker-registry-'))
  const port = freePort()
  const config = {
    version: 0.1,
    log: { level: 'error' },
    storage: { ...storage, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, relativeurls: true },
    ...sections,
  }
  // JSON is YAML.
  await writeFile(join(dir, 'config.yml'), JSON.stringify(config))
  const child = Bun.spawn([PROGRAM, 'serve', join(dir, 'config.yml')], {
    ...{ stdout: 'ignore', stderr: 'pipe' },
    // It takes no other authorities than its own where it speaks to a bucket.
    env: { ...process.env, AWS_CA_BUNDLE: undefined },
  })
  const url = `http://127.0.0.1:${port}`
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`docker-registry ended with ${child.exitCode}: ${await new Response(child.stderr).text()}`)
    const answer = await fetch(`${url}/v2/`).catch(() => undefined)
    if (answer?.status === 200 || answer?.status === 401) break
    await Bun.sleep(20)
  }
  return {
    url,
    stop: async () => {
      child.kill()
      await child.exited
      await rm(dir, { recursive: true, force: true })
    },
  }
}

function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  listener.stop(true)
  return listener.port
}
