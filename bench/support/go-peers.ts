// `bun bench/support/go-peers.ts`: builds the peer that comes as a Go module; an up-to-date one costs seconds.
import { buildGo } from '../../test/clients/support/go-clients.ts'

if (import.meta.main) {
  await buildGo('distribution', {
    module: 'github.com/distribution/distribution/v3',
    version: 'v3.1.1',
    command: 'registry',
  })
}
