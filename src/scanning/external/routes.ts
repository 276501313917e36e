import { z } from 'zod'
import { requireFound } from '../../access/management.ts'
import type { ApiRoute } from '../../http/api/api-route.ts'
import { define } from '../../http/api/define.ts'
import { date, listOf, page, paged } from '../../http/api/schemas.ts'
import { askScanner } from './ask-scanner.ts'
import type { ScannerDescription } from './external-scanner.ts'
import { addScanner, removeScanner, setScannerEnabled } from './manage-scanners.ts'
import type { ScannerParts } from './open-scanner.ts'
import { harborSettings, SCANNER_KINDS } from './scanner-settings.ts'
import { findScanner, listScanners, type StoredScanner } from './store.ts'

const name = z.string().max(64).describe('Name of a scanner that is not ours.')
const oneScanner = z.strictObject({ scanner: name })
const BODY_BYTES = 512 * 1024

const scanner = z.strictObject({
  name,
  kind: z.enum(SCANNER_KINDS),
  at: z.string().describe('Where it is: an address, or a program on the server.'),
  authentication: z.string().describe('How a secret is said to it; nobody can read the secret here.'),
  enabled: z.boolean(),
  createdBy: z.string(),
  createdAt: date,
})

const answer = z.strictObject({
  usable: z.boolean(),
  problem: z.string().optional(),
  name: z.string().optional(),
  vendor: z.string().optional(),
  version: z.string().optional(),
  dataUpdatedAt: date.optional().describe('How old its data is, where it says so.'),
})

function toBody({ name: called, settings, isEnabled, createdBy, createdAt }: StoredScanner): z.infer<typeof scanner> {
  const isHarbor = settings.kind === 'harbor'
  return {
    ...{ name: called, kind: settings.kind, at: isHarbor ? settings.url : settings.program },
    ...{ authentication: isHarbor ? settings.authentication : 'none', enabled: isEnabled },
    ...{ createdBy, createdAt: createdAt.toISOString() },
  }
}

function toAnswer({ name: called, vendor, version, dataUpdatedAt }: ScannerDescription): z.infer<typeof answer> {
  const age = dataUpdatedAt && { dataUpdatedAt: dataUpdatedAt.toISOString() }
  return { usable: true, name: called, vendor, version, ...age }
}

/** `parts`: of this process, which these rows are made for. */
export function scannerRoutes(parts: () => ScannerParts): readonly ApiRoute[] {
  return [
    define('GET /scanners', {
      id: 'listScanners',
      access: 'inspect',
      summary: 'The scanners besides this registry’s own, by name.',
      query: page,
      response: listOf(scanner),
      handle: async ({ m, query }) => {
        const found = await listScanners(m.database.reader, query.after, query.limit + 1)
        const { items, ...next } = paged(found, query.limit, (each) => each.name)
        return { items: items.map(toBody), ...next }
      },
    }),
    define('POST /scanners', {
      id: 'addScanner',
      access: 'administer',
      summary:
        'Makes a scanner with Harbor’s adapter API known. Commands on the server are made known by "berth scanner add", by whoever may run commands there.',
      body: harborSettings.extend({ name, secret: z.string().max(8192).optional() }),
      maxBodyBytes: BODY_BYTES,
      response: scanner,
      handle: async (call) => {
        const { name: wanted, secret, ...settings } = call.body
        const { secrets } = parts()
        const input = { name: wanted, secret, settings: { kind: 'harbor', ...settings } }
        return toBody(await addScanner({ m: call.m, secrets }, call, input))
      },
    }),
    define('PATCH /scanners/{scanner}', {
      id: 'changeScanner',
      access: 'administer',
      summary: 'Whether a scanner is asked, and what it found counts.',
      parameters: oneScanner,
      body: z.strictObject({ enabled: z.boolean() }),
      response: scanner,
      handle: async (call) => toBody(await setScannerEnabled(call, call, call.parameters.scanner, call.body.enabled)),
    }),
    define('DELETE /scanners/{scanner}', {
      id: 'removeScanner',
      access: 'administer',
      summary: 'Forgets a scanner, and what it found.',
      parameters: oneScanner,
      handle: async (call) => removeScanner(call, call, call.parameters.scanner),
    }),
    define('POST /scanners/{scanner}/test', {
      id: 'testScanner',
      access: 'administer',
      summary: 'Asks a scanner who it is, and how old its data is.',
      parameters: oneScanner,
      response: answer,
      handle: async ({ m, parameters }) => {
        const found = requireFound(
          await findScanner(m.database.reader, parameters.scanner),
          `scanner "${parameters.scanner}"`,
        )
        const asked = await askScanner(parts(), found)
        return 'problem' in asked ? { usable: false, ...asked } : toAnswer(asked.description)
      },
    }),
  ]
}
