import type { Action } from '../access/actions.ts'
import type { Authorizer } from '../access/authorizer.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { settleSources } from '../registry/pull-through.ts'
import type { Registry } from '../registry/registry.ts'
import type { BlobRedirects } from './blob-redirects.ts'
import { getBlob, headBlob, removeBlob } from './blob-routes.ts'
import type { Call, ReferenceCall, RepositoryCall } from './call.ts'
import { getCatalog, getReferrers, getTags } from './list-routes.ts'
import { getManifest, headManifest, putManifest, removeManifest } from './manifest-routes.ts'
import type { OciPath } from './oci-path.ts'
import { json, type Reply } from './reply.ts'
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './upload-routes.ts'

/** What a route asks of the caller. `any`: somebody, or nobody where nothing ever needs a sign-in. */
export type RouteAction = Extract<Action, 'pull' | 'push' | 'delete' | 'catalog'> | 'any'

/** One endpoint of the specification. Every route says which action it is, or it cannot be written down here. */
export interface OciRoute<C extends Call = Call> {
  /** Its number in the specification's list of endpoints. */
  readonly spec: string
  readonly action: RouteAction
  readonly handle: (call: C) => MaybePromise<Reply>
}

type Kind = OciPath['kind']
type Methods<C extends Call> = Readonly<Record<string, OciRoute<C>>>
type CallOf<K extends Kind> = K extends 'blob' | 'upload' | 'manifest' | 'referrers'
  ? ReferenceCall
  : K extends 'tags' | 'uploads' | 'repository-discover'
    ? RepositoryCall
    : Call

export type OciRoutes = { readonly [K in Kind]: Methods<CallOf<K>> }

export function ociRoutes(registry: Registry, authorizer: Authorizer, redirects: BlobRedirects): OciRoutes {
  const base = async () => json({})
  const discover = async () => json({ extensions: [] })
  const status = (call: ReferenceCall) => getUpload(registry, call)
  /** What the repository is to have from elsewhere is known before it is changed. */
  const settled =
    <C extends RepositoryCall>(change: (registry: Registry, call: C) => Promise<Reply>) =>
    async (call: C) => {
      await settleSources(registry, call.name)
      return change(registry, call)
    }
  return {
    base: {
      GET: { spec: 'end-1', action: 'any', handle: base },
      HEAD: { spec: 'end-1', action: 'any', handle: base },
    },
    catalog: { GET: { spec: 'catalog', action: 'catalog', handle: (call) => getCatalog(registry, authorizer, call) } },
    discover: { GET: { spec: 'extensions', action: 'any', handle: discover } },
    'repository-discover': { GET: { spec: 'extensions', action: 'pull', handle: discover } },
    blob: {
      GET: { spec: 'end-2', action: 'pull', handle: (call) => getBlob(registry, redirects, call) },
      HEAD: { spec: 'end-2', action: 'pull', handle: (call) => headBlob(registry, authorizer, call) },
      DELETE: { spec: 'end-10', action: 'delete', handle: settled(removeBlob) },
    },
    manifest: {
      GET: { spec: 'end-3', action: 'pull', handle: (call) => getManifest(registry, authorizer, call) },
      HEAD: { spec: 'end-3', action: 'pull', handle: (call) => headManifest(registry, authorizer, call) },
      PUT: { spec: 'end-7', action: 'push', handle: settled((_, call) => putManifest(registry, authorizer, call)) },
      DELETE: { spec: 'end-9', action: 'delete', handle: settled(removeManifest) },
    },
    uploads: {
      POST: { spec: 'end-4', action: 'push', handle: settled((_, call) => postUpload(registry, authorizer, call)) },
    },
    upload: {
      PATCH: { spec: 'end-5', action: 'push', handle: (call) => patchUpload(registry, call) },
      PUT: { spec: 'end-6', action: 'push', handle: (call) => putUpload(registry, call) },
      GET: { spec: 'end-13', action: 'push', handle: status },
      HEAD: { spec: 'end-13', action: 'push', handle: status },
      // Cancelling undoes one's own push, so it takes no right to delete.
      DELETE: { spec: 'end-14', action: 'push', handle: (call) => deleteUpload(registry, call) },
    },
    tags: { GET: { spec: 'end-8', action: 'pull', handle: (call) => getTags(registry, call) } },
    referrers: { GET: { spec: 'end-12', action: 'pull', handle: (call) => getReferrers(registry, call) } },
  }
}
