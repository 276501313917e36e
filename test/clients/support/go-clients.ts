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

/** What takes a quarter of an hour to build: only when it is named. Nothing fails where it is missing. */
export const ON_REQUEST: Readonly<Record<string, GoClient>> = {
  traefik: {
    module: 'github.com/traefik/traefik/v3',
    version: 'v3.6.12',
    // As its own go.mod has it: what a module replaces counts only where it is the main one.
    directives: `replace (
	github.com/abbot/go-http-auth => github.com/containous/go-http-auth v0.4.1-0.20200324110947-a37a7636d23e
	github.com/gorilla/mux => github.com/containous/mux v0.0.0-20250523120546-41b6ec3aed59
	github.com/mailgun/minheap => github.com/containous/minheap v0.0.0-20190809180810-6e71eb837595
)

exclude github.com/tencentcloud/tencentcloud-sdk-go v3.0.83+incompatible
`,
  },
}

export interface GoClient {
  readonly module: string
  readonly version: string
  /** The folder below the module's `cmd`, where it is not named as the program is. */
  readonly command?: string
  readonly directives?: string
}

/**
 * Builds a command of a module; an up-to-date one costs a second. A module of its own that requires it, and not
 * `go install`: that one also asks for the list of all versions, which not every module proxy serves.
 */
export async function buildGo(name: string, client: GoClient): Promise<void> {
  const { module, version, command = name, directives = '' } = client
  const started = Date.now()
  const folder = join(CACHE, 'go', name)
  await mkdir(GO_BIN, { recursive: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'go.mod'), `module client\n\ngo 1.24\n\nrequire ${module} ${version}\n\n${directives}`)
  const options = { cwd: folder, env: { GOFLAGS: '-buildvcs=false -mod=mod' }, timeoutMs: 3_600_000 }
  await must(['go', 'build', '-o', join(GO_BIN, name), `${module}/cmd/${command}`], options)
  console.info(`${name}: ${module} ${version}, ${Math.round((Date.now() - started) / 1000)} s`)
}

if (import.meta.main) {
  const wanted = process.argv.slice(2)
  const clients = wanted.length === 0 ? GO_CLIENTS : { ...GO_CLIENTS, ...ON_REQUEST }
  for (const [name, client] of Object.entries(clients)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    try {
      await buildGo(name, client)
    } catch (error) {
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
  }
}
