import type { Config } from '../../config/schema.ts'
import { writeCycloneDx } from '../../inventory/sbom/write-cyclonedx.ts'
import { writeSpdx } from '../../inventory/sbom/write-spdx.ts'
import type { Clock } from '../../lib/clock.ts'
import { randomId } from '../../lib/ids.ts'
import { Problem } from '../../lib/problem.ts'
import { VERSION } from '../../lib/version.ts'
import type { Database } from '../../metadata/db.ts'
import type { SealedSecrets } from '../../storage/sealed-secrets.ts'
import { openVulndb } from '../../vulndb/vulndb.ts'
import type { AdapterBackend, AdapterReport, AdapterScan, SbomFormat } from '../external/adapter.ts'
import { newestOf } from '../match-state.ts'
import { parseForeignPlace } from './foreign-place.ts'
import { countForeign, findForeign, type ForeignContent, type ForeignRequest, insertForeign } from './foreign-store.ts'

export interface BackendParts {
  readonly config: Config
  readonly database: Database
  readonly clock: Clock
  readonly secrets: SealedSecrets
}

const MAX_WAITING = 1000
/** With those whose answer nobody has fetched yet. */
const MAX_KEPT = 5000

/** What a secret is sealed for: this scan, at this address. */
export function purposeOfForeign(id: string, { registryUrl }: Pick<ForeignRequest, 'registryUrl'>): string {
  return `foreign scan ${id} ${registryUrl}`
}

/** Scans for whoever has this account: they wait in rows, and the process that looks into images does them. */
export function createBackend(parts: BackendParts, owner: string): AdapterBackend {
  const { config, database } = parts
  return {
    version: VERSION,
    dataUpdatedAt: async () => {
      const newest = newestOf((await openVulndb({ data: config.data }).status()).ecosystems)
      return newest > 0 ? new Date(newest) : undefined
    },
    start: (scan) => start(parts, owner, scan),
    report: async (id, sbom) => {
      const found = await findForeign(database.reader, { id, owner })
      if (found === undefined) return undefined
      if (found.state === 'waiting') return 'waiting'
      if (found.state === 'failed') throw new Problem('conflict', found.problem)
      return toReport(found, sbom)
    },
  }
}

async function start(
  { config, database, clock, secrets }: BackendParts,
  owner: string,
  scan: AdapterScan,
): Promise<string> {
  const { authorization, repository, digest, mediaType } = scan
  const { url } = parseForeignPlace(scan, config.scanning.adapterAllowPrivate)
  const id = randomId()
  const request: ForeignRequest = { registryUrl: url, repository, digest, mediaType }
  // Go writes an empty text where there is none.
  const secret = authorization ? secrets.sealer().seal(authorization, purposeOfForeign(id, request)) : undefined
  await database.writeRelaxed(async (tx) => {
    const { waiting, all } = await countForeign(tx)
    if (waiting >= MAX_WAITING || all >= MAX_KEPT)
      throw new Problem('conflict', `${waiting} images wait to be scanned here already: ask again later`)
    await insertForeign(tx, { id, owner, request, secret, createdAt: clock.now() })
  })
  return id
}

function toReport(
  { request, content }: { readonly request: ForeignRequest; readonly content: ForeignContent },
  sbom: SbomFormat | undefined,
): AdapterReport {
  const { repository, digest, mediaType } = request
  const { inventory, report } = content
  const head = { scan: { repository, digest, mediaType }, generatedAt: inventory.analyzedAt }
  if (sbom === undefined) return { ...head, content: report }
  const options = { repository, registryHost: new URL(request.registryUrl).host, toolVersion: VERSION }
  const write = sbom === 'application/spdx+json' ? writeSpdx : writeCycloneDx
  return { ...head, content: write(inventory, options) }
}
