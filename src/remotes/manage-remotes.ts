import { type By, change, type Management, requireFound } from '../access/management.ts'
import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import type { Sealer, SealedSecrets } from '../storage/sealed-secrets.ts'
import { type Credentials, parseAuthorities, parseCredentials, purposeOf } from './credentials.ts'
import { findPreset, PRESETS } from './presets.ts'
import { parseRemoteName, parseRemoteUrl, parseTrustedHosts, requireAllowedAddress } from './remote-address.ts'
import {
  deleteRemote,
  findRemote,
  insertRemote,
  listSealed,
  type NewRemote,
  replaceSealed,
  type StoredRemote,
  updateRemote,
  usersOf,
} from './store.ts'

/** What changes of remotes work with. */
export interface RemoteManagement {
  readonly m: Management
  readonly secrets: SealedSecrets
}

/** Undefined: as it was, or the default; null: none. */
export interface RemoteInput {
  /** May be left out for a registry that is known by its name. */
  readonly url?: string | undefined
  readonly credentials?: Credentials | null | undefined
  /** PEM. */
  readonly ca?: string | null | undefined
  readonly allowPrivate?: boolean | undefined
  readonly insecureHttp?: boolean | undefined
  readonly trustedHosts?: readonly string[] | undefined
  readonly maxConcurrent?: number | undefined
  readonly requestsPerMinute?: number | null | undefined
}

export const MAX_CONCURRENT = 8

/** @throws Problem */
export async function createRemote(
  { m, secrets }: RemoteManagement,
  by: By,
  { name: text, ...input }: RemoteInput & { readonly name: string },
): Promise<StoredRemote> {
  const name = parseRemoteName(text)
  const preset = findPreset(name)
  const url = input.url ?? preset?.url
  if (url === undefined)
    throw new Problem(
      'invalid',
      `say the address of "${name}": only these are known by their names: ${Object.keys(PRESETS).join(', ')}`,
    )
  const trustedHosts = input.trustedHosts ?? (url === preset?.url ? preset.trustedHosts : [])
  const before: NewRemote = {
    ...{ name, url, username: undefined, sealedPassword: undefined, passwordFile: undefined, ca: undefined },
    ...{ allowPrivate: false, insecureHttp: false, trustedHosts: [], maxConcurrent: MAX_CONCURRENT },
    ...{ requestsPerMinute: undefined, createdAt: m.clock.now() },
  }
  const wanted = merge(before, { ...input, url, trustedHosts })
  const about = { action: 'remote.created', target: `remote:${name}`, detail: detailOf(wanted, input) }
  const sealer = sealerFor(secrets, input)
  return change(m, by, about, async (tx) => {
    if ((await findRemote(tx, name)) !== undefined) throw new Problem('conflict', `there is a remote "${name}" already`)
    const id = await insertRemote(tx, wanted)
    return put(tx, sealer, { id, wanted, credentials: input.credentials })
  })
}

/**
 * A password goes only to where it was for: with another origin, or another host that may see it, it is gone unless it is
 * said again (Harbor #23671). @throws Problem
 */
export async function changeRemote(
  { m, secrets }: RemoteManagement,
  by: By,
  name: string,
  input: RemoteInput,
): Promise<{ readonly remote: StoredRemote; readonly droppedPassword: boolean }> {
  const before = requireFound(await findRemote(m.database.reader, name), `remote "${name}"`)
  const detail = detailOf(merge(before, input), input)
  const sealer = sealerFor(secrets, input)
  return change(m, by, { action: 'remote.changed', target: `remote:${name}`, detail }, async (tx) => {
    const now = requireFound(await findRemote(tx, name), `remote "${name}"`)
    const wanted = merge(now, input)
    const drops = now.hasPassword && (input.credentials === null || isOtherPlace(now, wanted))
    const credentials = input.credentials === undefined && drops ? null : input.credentials
    const remote = await put(tx, sealer, { id: now.id, wanted, credentials })
    return { remote, droppedPassword: drops && !remote.hasPassword }
  })
}

/** @throws Problem as long as something names it */
export async function removeRemote({ m }: RemoteManagement, by: By, name: string): Promise<void> {
  await change(m, by, { action: 'remote.removed', target: `remote:${name}` }, async (tx) => {
    const { id } = requireFound(await findRemote(tx, name), `remote "${name}"`)
    const users = await usersOf(tx, id)
    if (users.length > 0)
      throw new Problem('conflict', `the remote "${name}" is needed by ${users.join(' and by ')}: remove that first`)
    await deleteRemote(tx, id)
  })
}

/** Seals every stored password with the key in force. Returns how many it was. @throws Problem */
export async function rekeyRemotes({ m, secrets }: RemoteManagement, by: By): Promise<number> {
  const sealer = secrets.sealer()
  const old = (await listSealed(m.database.reader)).filter(
    ({ sealedPassword = '' }) => !sealer.hasSealed(sealedPassword),
  )
  const opened = old.map((remote) => ({
    remote,
    sealedPassword: sealer.seal(secrets.open(remote.sealedPassword ?? '', purposeOf(remote)), purposeOf(remote)),
  }))
  return change(m, by, { action: 'remotes.rekeyed', target: 'registry' }, async (tx) => {
    for (const { remote, sealedPassword } of opened) await replaceSealed(tx, remote, sealedPassword)
    return opened.length
  })
}

/** What it will be, but for its credentials. @throws Problem */
function merge<T extends NewRemote>(before: T, input: RemoteInput): T {
  const insecureHttp = input.insecureHttp ?? before.insecureHttp
  const allowPrivate = input.allowPrivate ?? before.allowPrivate
  const url = parseRemoteUrl(input.url ?? before.url, insecureHttp)
  requireAllowedAddress(url, allowPrivate)
  const ca = input.ca === undefined ? before.ca : (input.ca ?? undefined)
  return {
    ...{ ...before, url, allowPrivate, insecureHttp },
    ca: ca === undefined ? undefined : parseAuthorities(ca),
    trustedHosts: parseTrustedHosts(input.trustedHosts ?? before.trustedHosts),
    maxConcurrent: input.maxConcurrent ?? before.maxConcurrent,
    requestsPerMinute:
      input.requestsPerMinute === undefined ? before.requestsPerMinute : (input.requestsPerMinute ?? undefined),
  }
}

function isOtherPlace(before: NewRemote, wanted: NewRemote): boolean {
  const added = wanted.trustedHosts.some((host) => !before.trustedHosts.includes(host))
  return added || new URL(before.url).origin !== new URL(wanted.url).origin
}

interface Put {
  readonly id: number
  readonly wanted: NewRemote
  readonly credentials: Credentials | null | undefined
}

/** Only a password needs the key: without one there may be none. */
function sealerFor(secrets: SealedSecrets, { credentials }: RemoteInput): Sealer | undefined {
  return credentials && 'password' in credentials ? secrets.sealer() : undefined
}

/** The password is bound to the row's number, so the row is there before. */
async function put(
  tx: Transaction,
  sealer: Sealer | undefined,
  { id, wanted, credentials }: Put,
): Promise<StoredRemote> {
  const known =
    credentials === undefined
      ? wanted
      : {
          ...wanted,
          ...parseCredentials(credentials, (password) => sealer?.seal(password, purposeOf({ ...wanted, id }))),
        }
  await updateRemote(tx, id, known)
  return requireFound(await findRemote(tx, wanted.name), `remote "${wanted.name}"`)
}

/** For the audit: that there is a password, and not which. */
function detailOf(remote: NewRemote, { credentials, ...input }: RemoteInput): Readonly<Record<string, unknown>> {
  const { url, allowPrivate, insecureHttp, trustedHosts } = remote
  return {
    ...{ url, allowPrivate, insecureHttp, trustedHosts },
    ...(credentials === undefined
      ? {}
      : { username: credentials?.username ?? null, newPassword: credentials !== null }),
    ...(input.ca === undefined ? {} : { newAuthorities: input.ca !== null }),
    ...(input.maxConcurrent === undefined ? {} : { maxConcurrent: input.maxConcurrent }),
    ...(input.requestsPerMinute === undefined ? {} : { requestsPerMinute: input.requestsPerMinute }),
  }
}
