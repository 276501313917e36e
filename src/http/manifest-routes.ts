import type { Authorizer } from '../access/authorizer.ts'
import { formatChallenge } from '../auth/challenge.ts'
import { isScanner } from '../auth/scanner-account.ts'
import { after, type MaybePromise } from '../lib/maybe-promise.ts'
import type { ManifestHead } from '../metadata/manifests.ts'
import { OciError } from '../oci/errors.ts'
import { parseContentType } from '../oci/media-type.ts'
import { parseTag, type Tag } from '../oci/name.ts'
import { parseReference } from '../oci/reference.ts'
import { deleteManifest } from '../registry/delete-content.ts'
import { holdManifest, needsHold } from '../registry/hold-content.ts'
import { unknownManifest } from '../registry/pull-manifest.ts'
import type { Pull, PullGate } from '../registry/pull-gate.ts'
import { pullManifest, readOrSupplyManifest } from '../registry/pull-through.ts'
import { pushManifest } from '../registry/push-manifest.ts'
import type { Registry } from '../registry/registry.ts'
import { whyUnknown } from '../registry/why-unknown.ts'
import { denied, mayPush } from './admission.ts'
import { readSmallBody } from './body.ts'
import type { ReferenceCall } from './call.ts'
import { matchesEtag } from './etag.ts'
import { type Reply, warningHeader } from './reply.ts'

/** More tags in one push than any client sets; the specification asks for ten at least. */
const MAX_TAGS = 100

/** end-3, HEAD. */
export function headManifest(registry: Registry, authorizer: Authorizer, call: ReferenceCall): MaybePromise<Reply> {
  return after(pullManifest(noting(registry, call), call.name, call.reference), ({ head, warning }) => {
    const passed = passGates({ registry, authorizer, call }, { head, warning, isLook: true })
    return after(passed, (warnings) => {
      if (!needsHold(registry, head.looseSince)) return describe(call, { head, warnings })
      return holdForPush(registry, authorizer, { call, head }).then(() => describe(call, { head, warnings }))
    })
  })
}

/** Who pushes what refers to it would find it collected. */
async function holdForPush(
  registry: Registry,
  authorizer: Authorizer,
  { call, head }: { readonly call: ReferenceCall; readonly head: ManifestHead },
): Promise<void> {
  if ((await mayPush(authorizer, call)) && !(await holdManifest(registry, head))) throw unknownManifest(call.reference)
}

function describe({ request }: ReferenceCall, { head, warnings }: Passed): Reply {
  const headers = manifestHeaders(head, warnings)
  if (matchesEtag(request, head.digest)) return { status: 304, headers }
  headers['content-length'] = String(head.sizeBytes)
  return { status: 200, headers }
}

/** end-3, GET: what is stored, whatever Accept says; converting would change the digest. */
export function getManifest(registry: Registry, authorizer: Authorizer, call: ReferenceCall): MaybePromise<Reply> {
  const pulled = pullManifest(noting(registry, call), call.name, call.reference, whyUnknown)
  return after(pulled, ({ head, warning }) => {
    const passed = passGates({ registry, authorizer, call }, { head, warning, isLook: false })
    return after(passed, (warnings) => replyWith(registry, call, { head, warnings }))
  })
}

interface Passed {
  readonly head: ManifestHead
  readonly warnings: readonly string[]
}

function replyWith(
  registry: Registry,
  { name, request }: ReferenceCall,
  { head, warnings }: Passed,
): MaybePromise<Reply> {
  const headers = manifestHeaders(head, warnings)
  if (matchesEtag(request, head.digest)) return { status: 304, headers }
  return after(readOrSupplyManifest(registry, name, head), (body) => ({ status: 200, headers, body }))
}

/** A scanner that looks into an image is nobody who uses it. */
function noting(registry: Registry, { principal }: ReferenceCall): Registry {
  return isScanner(principal) ? { ...registry, pulls: UNNOTED } : registry
}

const UNNOTED: Registry['pulls'] = { note: () => undefined, flush: async () => undefined }

/** Policy may refuse what was found, or have something to say of it. A scanner sees what is refused to others. */
function passGates(
  { registry: { gates = [] }, authorizer, call }: Gated,
  { head, isLook, warning }: Pick<Pull, 'head' | 'isLook'> & { readonly warning: string | undefined },
): MaybePromise<readonly string[]> {
  const warnings = warning === undefined ? NO_WARNINGS : [warning]
  const { principal, name: repository } = call
  if (isScanner(principal) || gates.length === 0) return warnings
  const pull: Pull = {
    ...{ head, isLook, repository },
    actor: () => call.actor,
    mayPush: () => accountMayPush(authorizer, call),
    signIn: principal.kind === 'anonymous' ? (refused) => withChallenge(call, refused) : undefined,
  }
  return askGates(gates, pull, warnings)
}

const NO_WARNINGS: readonly string[] = []

/** One after the other: what an earlier one refuses is not looked at by the next. */
function askGates(
  [gate, ...others]: readonly PullGate[],
  pull: Pull,
  warnings: readonly string[],
): MaybePromise<readonly string[]> {
  if (gate === undefined) return warnings
  const said = gate.check(pull)
  if (said === undefined) return askGates(others, pull, warnings)
  return said.then((more) => askGates(others, pull, [...warnings, ...more]))
}

interface Gated {
  readonly registry: Registry
  readonly authorizer: Authorizer
  readonly call: ReferenceCall
}

/** Oras and notation ask for tokens that only pull, also when they are about to push. An API key's limits stay. */
async function accountMayPush(authorizer: Authorizer, { principal, name }: ReferenceCall): Promise<boolean> {
  const { tokenAccess: _, ...account } = principal
  return (await authorizer.allows(account, 'push', { repository: name })).allowed
}

/** After a 403 no client sends the credentials that it has. */
function withChallenge({ principal, name, realm }: ReferenceCall, { message, details }: OciError): OciError {
  const scope = { type: 'repository', name, actions: ['pull', 'push'] } as const
  const error = principal.tokenAccess === undefined ? {} : ({ error: 'insufficient_scope' } as const)
  const headers = { 'www-authenticate': formatChallenge({ realm, scope, ...error }) }
  return new OciError('UNAUTHORIZED', { message, details, headers })
}

/** end-7a and end-7b. */
export async function putManifest(registry: Registry, authorizer: Authorizer, call: ReferenceCall): Promise<Reply> {
  const reference = parseReference(call.reference)
  const tags = requestedTags(call)
  if ('tag' in reference && tags.length > 0)
    throw new OciError('MANIFEST_INVALID', { message: 'the "tag" parameter goes with a push by digest, not by tag' })
  const contentType = call.request.headers.get('content-type')
  const content = await readManifestBody(registry, call)
  await call.stillAllowed()
  const { digest, subject } = await pushManifest(registry, {
    repository: call.name,
    reference,
    tags,
    contentType: contentType === null ? undefined : parseContentType(contentType),
    content,
    actor: call.actor,
    overwriteRefusal: await overwriteRefusal(authorizer, call),
  })
  const headers: Record<string, string> = {
    location: `/v2/${call.name}/manifests/${digest}`,
    'docker-content-digest': digest,
  }
  if (subject !== undefined) headers['oci-subject'] = subject
  if (tags.length > 0) headers['oci-tag'] = tags.join(', ')
  return { status: 201, headers }
}

/** Why tags that exist must stay as they are; undefined: they may be moved. The push decides whether there are any. */
async function overwriteRefusal(
  authorizer: Authorizer,
  { principal, name }: ReferenceCall,
): Promise<OciError | undefined> {
  const decision = await authorizer.allows(principal, 'overwrite', { repository: name })
  return decision.allowed ? undefined : denied({ authorizer }, principal, { decision, action: 'overwrite', name })
}

function readManifestBody({ limits }: Registry, call: ReferenceCall): Promise<Uint8Array<ArrayBuffer>> {
  const maxBytes = limits.maxManifestBytes
  return readSmallBody(call, {
    maxBytes,
    tooLarge: () =>
      new OciError('MANIFEST_INVALID', {
        status: 413,
        message: `a manifest may have at most ${maxBytes} bytes (limits.manifestBytes)`,
        detail: { maxBytes },
      }),
  })
}

/** end-9. */
export async function removeManifest(registry: Registry, call: ReferenceCall): Promise<Reply> {
  await deleteManifest(registry, { repository: call.name, actor: call.actor }, call.reference)
  return { status: 202 }
}

function requestedTags({ query }: ReferenceCall): Tag[] {
  const tags = query.getAll('tag')
  if (tags.length > MAX_TAGS)
    throw new OciError('MANIFEST_INVALID', { status: 414, message: `at most ${MAX_TAGS} tags can be set in one push` })
  return [...new Set(tags.map(parseTag))]
}

function manifestHeaders({ digest, mediaType }: ManifestHead, warnings: readonly string[]): Record<string, string> {
  const headers = {
    'content-type': mediaType,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'x-content-type-options': 'nosniff',
  }
  return warnings.length === 0 ? headers : { ...headers, ...warningHeader(...warnings) }
}
