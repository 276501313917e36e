import { type By, change, type Management, requireFound } from '../../access/management.ts'
import { Problem } from '../../lib/problem.ts'
import type { SealedSecrets } from '../../storage/sealed-secrets.ts'
import { parseSettings, type ScannerSettings } from './scanner-settings.ts'
import {
  deleteScanner,
  enableScanner,
  findScanner,
  insertScanner,
  listSealed,
  putSecret,
  replaceSecret,
  type StoredScanner,
} from './store.ts'

export interface ScannerManagement {
  readonly m: Management
  readonly secrets: SealedSecrets
}

export interface ScannerInput {
  readonly name: string
  readonly settings: { readonly kind: string } & Readonly<Record<string, unknown>>
  /** What its authentication needs: a password, a token, a key. */
  readonly secret?: string | undefined
}

const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/
/** What we call our own. */
const OWN_NAME = 'berth'

/** What a stored secret is sealed for: this scanner, at this origin. With any other it does not open. */
export function purposeOf({ id, settings }: Pick<StoredScanner, 'id' | 'settings'>): string {
  const origin = settings.kind === 'harbor' ? new URL(settings.url).origin : settings.kind
  return `scanner ${id} secret ${origin}`
}

/** @throws Problem */
export async function addScanner(
  { m, secrets }: ScannerManagement,
  by: By,
  input: ScannerInput,
): Promise<StoredScanner> {
  const name = parseScannerName(input.name)
  const settings = parseSettings(input.settings)
  const secret = parseSecret(settings, input.secret)
  const sealer = secret === undefined ? undefined : secrets.sealer()
  const about = { action: 'scanner.added', target: `scanner:${name}`, detail: detailOf(settings) }
  return change(m, by, about, async (tx) => {
    if ((await findScanner(tx, name)) !== undefined)
      throw new Problem('conflict', `there is a scanner "${name}" already`)
    const createdBy = by.actor.name
    const id = await insertScanner(tx, { name, settings, isEnabled: true, createdBy, createdAt: m.clock.now() })
    // It is bound to the row's number, so the row is there before.
    if (secret !== undefined && sealer !== undefined)
      await putSecret(tx, id, sealer.seal(secret, purposeOf({ id, settings })))
    return requireFound(await findScanner(tx, name), `scanner "${name}"`)
  })
}

/** @throws Problem */
export async function setScannerEnabled(
  { m }: Pick<ScannerManagement, 'm'>,
  by: By,
  name: string,
  isEnabled: boolean,
): Promise<StoredScanner> {
  const action = isEnabled ? 'scanner.enabled' : 'scanner.disabled'
  return change(m, by, { action, target: `scanner:${name}` }, async (tx) => {
    const { id } = requireFound(await findScanner(tx, name), `scanner "${name}"`)
    await enableScanner(tx, id, isEnabled)
    return requireFound(await findScanner(tx, name), `scanner "${name}"`)
  })
}

/** With all its reports. @throws Problem */
export async function removeScanner({ m }: Pick<ScannerManagement, 'm'>, by: By, name: string): Promise<void> {
  await change(m, by, { action: 'scanner.removed', target: `scanner:${name}` }, async (tx) => {
    await deleteScanner(tx, requireFound(await findScanner(tx, name), `scanner "${name}"`))
  })
}

/** Seals every stored secret with the key in force. Returns how many it was. @throws Problem */
export async function rekeyScanners({ m, secrets }: ScannerManagement, by: By): Promise<number> {
  const sealer = secrets.sealer()
  const old = await listSealed(m.database.reader)
  const resealed = old.flatMap((scanner) => {
    const { sealedSecret = '' } = scanner
    if (sealer.hasSealed(sealedSecret)) return []
    const purpose = purposeOf(scanner)
    return { id: scanner.id, from: sealedSecret, to: sealer.seal(secrets.open(sealedSecret, purpose), purpose) }
  })
  return change(m, by, { action: 'scanners.rekeyed', target: 'registry' }, async (tx) => {
    for (const { id, from, to } of resealed) await replaceSecret(tx, id, from, to)
    return resealed.length
  })
}

function parseScannerName(text: string): string {
  if (text === OWN_NAME) throw new Problem('invalid', `"${OWN_NAME}" is this registry’s own scanner`)
  if (NAME.test(text)) return text
  throw new Problem(
    'invalid',
    'the name of a scanner has 1 to 64 lower-case letters and digits, and "." and "-" between them',
  )
}

function parseSecret(settings: ScannerSettings, secret: string | undefined): string | undefined {
  const isNeeded = settings.kind === 'harbor' && settings.authentication !== 'none'
  if (isNeeded !== (secret !== undefined))
    throw new Problem('invalid', isNeeded ? 'say the scanner’s secret too' : 'this scanner takes no secret')
  // It travels in a header.
  if (secret === undefined || /^[\x20-\x7e]{1,8192}$/.test(secret)) return secret
  throw new Problem('invalid', 'the secret of a scanner has 1 to 8192 printable ASCII characters')
}

/** For the audit: that there is a secret, and not which. */
function detailOf(settings: ScannerSettings): Readonly<Record<string, unknown>> {
  if (settings.kind !== 'harbor') return { kind: settings.kind, program: settings.program }
  const { kind, url, authentication, allowPrivate, insecureHttp } = settings
  return { kind, url, authentication, allowPrivate, insecureHttp }
}
