import { join } from 'node:path'
import { kindOfAddress } from '../../client/address-kind.ts'
import { resolveBySystem } from '../../client/guarded-connection.ts'
import { createGuardedEgress, EGRESS_TIMES } from '../../client/guarded-egress.ts'
import type { Clock } from '../../lib/clock.ts'
import type { SealedSecrets } from '../../storage/sealed-secrets.ts'
import type { ExternalScanner } from './external-scanner.ts'
import { createGrype } from './grype.ts'
import { createHarborScanner } from './harbor-scanner.ts'
import { purposeOf } from './manage-scanners.ts'
import { runTool } from './run-tool.ts'
import type { ScannerSettings } from './scanner-settings.ts'
import type { StoredScanner } from './store.ts'
import type { ToolOptions } from './tool-scanner.ts'
import { createTrivy } from './trivy.ts'

export interface ScannerParts {
  readonly secrets: SealedSecrets
  readonly clock: Clock
  /** Where commands have folders of their own, below the data. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** @throws Problem when its secret cannot be read */
export function openScanner(parts: ScannerParts, scanner: StoredScanner): ExternalScanner {
  const { settings } = scanner
  if (settings.kind === 'harbor') return openHarbor(parts, scanner, settings)
  const { program, timeoutSeconds, skipUpdate, insecure } = settings
  const options: ToolOptions = {
    ...{ name: scanner.name, program, skipUpdate, insecure, timeoutMs: timeoutSeconds * 1000 },
    // By its number: its name was written by somebody.
    ...{ folder: join(parts.folder, `${settings.kind}-${scanner.id}`), environment: parts.environment, run: runTool },
  }
  if (settings.kind === 'grype') return createGrype(options)
  return createTrivy({ ...options, server: settings.server, dbRepository: settings.dbRepository })
}

type HarborSettings = Extract<ScannerSettings, { kind: 'harbor' }>

function openHarbor(
  { secrets, clock }: ScannerParts,
  scanner: StoredScanner,
  settings: HarborSettings,
): ExternalScanner {
  const { url, ca, allowPrivate, insecureHttp, timeoutSeconds } = settings
  const secret = scanner.sealedSecret && secrets.open(scanner.sealedSecret, purposeOf(scanner))
  const rules = {
    allowPrivate,
    insecureHttp,
    ca,
    origin: new URL(url),
    resolve: resolveBySystem,
    kindOf: kindOfAddress,
  }
  return createHarborScanner({
    ...{ name: scanner.name, url, clock, timeoutMs: timeoutSeconds * 1000 },
    ...{ headers: headersOf(settings, secret), secrets: secret ? [secret] : [] },
    egress: createGuardedEgress(rules, EGRESS_TIMES),
  })
}

function headersOf({ authentication, username }: HarborSettings, secret = ''): Readonly<Record<string, string>> {
  if (authentication === 'basic')
    return { authorization: `Basic ${Buffer.from(`${username ?? ''}:${secret}`).toString('base64')}` }
  if (authentication === 'bearer') return { authorization: `Bearer ${secret}` }
  return authentication === 'api-key' ? { 'X-ScannerAdapter-API-Key': secret } : {}
}
