import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CACHE, GO_BIN } from './cache.ts'
import { must } from './command.ts'

/** Clients that come as Go modules: the package, the module and version this suite was written against. */
export const GO_CLIENTS: Readonly<Record<string, GoClient>> = {
  cosign: { module: 'github.com/sigstore/cosign/v3', version: 'v3.1.3' },
  crane: { module: 'github.com/google/go-containerregistry', version: 'v0.22.1' },
  helm: { module: 'helm.sh/helm/v3', version: 'v3.22.0' },
  notation: { module: 'github.com/notaryproject/notation', version: 'v1.3.2' },
  oras: { module: 'oras.land/oras', version: 'v1.2.3' },
  regctl: { module: 'github.com/regclient/regclient', version: 'v0.11.7' },
}

interface GoClient {
  readonly module: string
  readonly version: string
}

/**
 * Builds `MODULE/cmd/NAME`; an up-to-date one costs a second. A module of its own that requires it, and not
 * `go install`: that one also asks for the list of all versions, which not every module proxy serves.
 */
async function build(name: string, { module, version }: GoClient): Promise<void> {
  const started = Date.now()
  const folder = join(CACHE, 'go', name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'go.mod'), `module client\n\ngo 1.24\n\nrequire ${module} ${version}\n`)
  const options = { cwd: folder, env: { GOFLAGS: '-buildvcs=false -mod=mod' }, timeoutMs: 900_000 }
  await must(['go', 'build', '-o', join(GO_BIN, name), `${module}/cmd/${name}`], options)
  console.info(`${name}: ${module} ${version}, ${Math.round((Date.now() - started) / 1000)} s`)
}

if (import.meta.main) {
  await mkdir(GO_BIN, { recursive: true })
  const wanted = process.argv.slice(2)
  for (const [name, client] of Object.entries(GO_CLIENTS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    try {
      await build(name, client)
    } catch (error) {
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
  }
}
