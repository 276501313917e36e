import { z } from 'zod'
import { describeSettings } from '../config/settings.ts'
import type { ApiRoute } from '../http/api/api-route.ts'
import { define } from '../http/api/define.ts'
import { date } from '../http/api/schemas.ts'
import { countedTotals } from '../registry/totals.ts'
import { describeSystem } from './describe.ts'
import type { ServerFacts } from './facts.ts'

const system = z.strictObject({
  version: z.string(),
  runtime: z.string(),
  server: z.strictObject({
    id: z.string().describe('Of this start; /replicas has all servers that are there.'),
    host: z.string(),
    workers: z.int().describe('Processes that serve.'),
  }),
  startedAt: date,
  uptimeSeconds: z.int(),
  ready: z.boolean().describe('What /readyz says.'),
  problems: z.array(z.string()).describe('Why not.'),
  externalUrl: z.string().optional(),
  database: z.strictObject({ kind: z.enum(['sqlite', 'postgres']), bytes: z.int() }),
  storage: z.strictObject({
    kind: z.enum(['files', 's3', 'azure', 'gs']),
    isEncrypted: z.boolean().describe('By this registry; a bucket may do so besides.'),
    disk: z
      .strictObject({ freeBytes: z.int(), totalBytes: z.int() })
      .optional()
      .describe('Where blobs are files: of the disk that they are on.'),
  }),
  counts: z.strictObject({
    projects: z.int(),
    repositories: z.int(),
    tags: z.int(),
    manifests: z.int().describe('Also those in the recycle bin.'),
    blobs: z.int(),
    storedBytes: z.int().describe('Of blobs, each once however many repositories hold it.'),
    users: z.int(),
    robots: z.int(),
    countedAt: date.describe('Of tags, manifests and blobs; where there are very many, a while ago.'),
  }),
  vulnerabilityData: z
    .strictObject({
      records: z.int(),
      updatedAt: date.optional().describe('Of the oldest part; absent: there is none.'),
      problems: z.array(z.string()).describe('Why the last update failed, by ecosystem.'),
    })
    .optional()
    .describe('Absent: images are not looked into.'),
})

const setting = z.strictObject({
  key: z.string(),
  value: z
    .union([z.string(), z.number(), z.boolean(), z.array(z.string())])
    .optional()
    .describe('As a file has it; absent: none.'),
  isHidden: z.boolean().describe('A part of the value may be a secret and is not shown.'),
  default: z.string().optional(),
  origin: z
    .enum(['default', 'file', 'environment', 'flag', 'distribution'])
    .describe('"distribution": a file or variables of distribution, which were understood.'),
  description: z.string(),
})

export function systemRoutes(facts: () => ServerFacts): readonly ApiRoute[] {
  const totals = countedTotals()
  return [
    define('GET /system', {
      id: 'getSystem',
      access: 'inspect',
      summary: 'What this server is and what it holds: version, database, storage, counts, health.',
      response: system,
      handle: async ({ registry }) => describeSystem({ facts: facts(), registry, totals }),
    }),
    define('GET /settings', {
      id: 'listSettings',
      access: 'inspect',
      summary: 'The configuration in force, key by key, with what each is for and where it is from. Without secrets.',
      response: z.strictObject({ items: z.array(setting) }),
      handle: async () => {
        const { config, origins } = facts()
        return { items: describeSettings(config, origins) }
      },
    }),
  ]
}
