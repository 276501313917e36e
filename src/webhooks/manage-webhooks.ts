import { type By, change, type Management } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { findEnds } from '../events/store.ts'
import { Problem } from '../lib/problem.ts'
import type { SealedSecrets } from '../storage/sealed-secrets.ts'
import {
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listSealed,
  listWebhooks,
  replaceSealed,
  rewind,
  updateWebhook,
} from './store.ts'
import { parseWebhookUrl, purposeOf, type Webhook, type WebhookSettings } from './webhook.ts'

export interface WebhookManagement {
  readonly m: Management
  readonly secrets: SealedSecrets
}

/** Undefined: as it was, or the default. */
export type WebhookInput = { readonly [K in keyof WebhookSettings]?: WebhookSettings[K] | undefined } & {
  readonly url?: string | undefined
  /** Null: nothing is signed. */
  readonly secret?: string | null | undefined
  readonly enabled?: boolean | undefined
}

/** Each is looked at again and again. */
const MAX_WEBHOOKS = 50

const DEFAULTS: WebhookSettings = {
  ...{ types: [], repositories: '', tags: '', shape: 'cloudevents' },
  ...{ allowPrivate: false, insecureHttp: false },
}

/** It is told of what happens from now on. @throws Problem */
export async function addWebhook(
  { m, secrets }: WebhookManagement,
  by: By,
  project: Project | undefined,
  { url: text, ...input }: WebhookInput & { readonly url: string },
): Promise<Webhook> {
  const settings = mergeSettings(DEFAULTS, input)
  await requireMayReach(m, by, settings)
  const url = parseWebhookUrl(text, settings)
  const isEnabled = input.enabled ?? true
  await m.recorder.seal()
  const { newest } = await findEnds(m.database.reader)
  const secret = input.secret ?? undefined
  const sealer = secret === undefined ? undefined : secrets.sealer()
  return change(m, by, { ...aboutOf('added', project), detail: detailOf(url, settings, isEnabled) }, async (tx) => {
    if ((await listWebhooks(tx, project?.id)).length >= MAX_WEBHOOKS)
      throw new Problem('conflict', `there are at most ${MAX_WEBHOOKS} webhooks`)
    const who = { projectId: project?.id, createdBy: by.actor.name, createdAt: m.clock.now() }
    const id = await insertWebhook(tx, { ...who, url, settings, isEnabled, position: newest })
    // It is bound to the row's number, so the row is there before.
    const sealedSecret = secret === undefined ? undefined : sealer?.seal(secret, purposeOf({ id }))
    await updateWebhook(tx, id, { url, settings, isEnabled, sealedSecret })
    return requireOf(await findWebhook(tx, id), project, id)
  })
}

/** @throws Problem */
export async function changeWebhook(
  { m, secrets }: WebhookManagement,
  by: By,
  before: Webhook,
  { project, input }: { readonly project: Project | undefined; readonly input: WebhookInput },
): Promise<Webhook> {
  const { id } = before
  const settings = mergeSettings(before.settings, input)
  const url = parseWebhookUrl(input.url ?? before.url, settings)
  // What an administrator allowed was for the address of then.
  if (
    url !== before.url ||
    settings.allowPrivate !== before.settings.allowPrivate ||
    settings.insecureHttp !== before.settings.insecureHttp
  )
    await requireMayReach(m, by, settings)
  const isEnabled = input.enabled ?? before.isEnabled
  const sealedSecret =
    input.secret === undefined
      ? before.sealedSecret
      : input.secret === null
        ? undefined
        : secrets.sealer().seal(input.secret, purposeOf(before))
  const about = { ...aboutOf('changed', project), detail: { webhook: id, ...detailOf(url, settings, isEnabled) } }
  return change(m, by, about, async (tx) => {
    await updateWebhook(tx, id, { url, settings, isEnabled, sealedSecret })
    return requireOf(await findWebhook(tx, id), project, id)
  })
}

/** With its log, and what was given up. */
export async function removeWebhook(
  m: Management,
  by: By,
  { id }: Webhook,
  project: Project | undefined,
): Promise<void> {
  await change(m, by, { ...aboutOf('removed', project), detail: { webhook: id } }, (tx) => deleteWebhook(tx, id))
}

/** Everything after a place is sent again, in order. */
export async function replayFrom(
  m: Management,
  by: By,
  { id }: Webhook,
  { project, position }: { readonly project: Project | undefined; readonly position: number },
): Promise<void> {
  const about = { ...aboutOf('replayed', project), detail: { webhook: id, after: position } }
  await change(m, by, about, (tx) => rewind(tx, id, position))
}

/** Seals every stored secret with the key in force. Returns how many it was. @throws Problem */
export async function rekeyWebhooks({ m, secrets }: WebhookManagement, by: By): Promise<number> {
  const sealer = secrets.sealer()
  const old = (await listSealed(m.database.reader)).filter(({ sealedSecret }) => !sealer.hasSealed(sealedSecret))
  const resealed = old.map((webhook) => {
    const purpose = purposeOf(webhook)
    return { ...webhook, newlySealed: sealer.seal(secrets.open(webhook.sealedSecret, purpose), purpose) }
  })
  return change(m, by, { action: 'webhooks.rekeyed', target: 'registry' }, async (tx) => {
    for (const { id, sealedSecret, newlySealed } of resealed) await replaceSealed(tx, id, sealedSecret, newlySealed)
    return resealed.length
  })
}

/** @throws Problem when it is another's, as if there were none */
export function requireOf(found: Webhook | undefined, project: Project | undefined, id: number): Webhook {
  if (found !== undefined && found.projectId === project?.id) return found
  throw new Problem('not-found', `there is no webhook ${id} here`)
}

function aboutOf(what: string, project: Project | undefined) {
  return { action: `webhook.${what}`, target: project === undefined ? 'registry' : `project:${project.name}` }
}

/** Owners of projects choose addresses: those of the server's own network are not theirs to choose. @throws Problem */
async function requireMayReach(m: Management, { principal }: By, settings: WebhookSettings): Promise<void> {
  if (principal === undefined || !(settings.allowPrivate || settings.insecureHttp)) return
  const { allowed } = await m.authorizer.allows(principal, 'administer', 'registry')
  if (!allowed) throw new Problem('forbidden', 'only an administrator may allow private addresses or plain http')
}

function mergeSettings(before: WebhookSettings, input: WebhookInput): WebhookSettings {
  return {
    types: input.types ?? before.types,
    repositories: input.repositories ?? before.repositories,
    tags: input.tags ?? before.tags,
    shape: input.shape ?? before.shape,
    allowPrivate: input.allowPrivate ?? before.allowPrivate,
    insecureHttp: input.insecureHttp ?? before.insecureHttp,
  }
}

/** For the audit: not the whole address, in which some receivers hide a password. */
function detailOf(url: string, { shape, types }: WebhookSettings, enabled: boolean) {
  return { origin: new URL(url).origin, shape, types, enabled }
}
