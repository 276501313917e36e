import { createHash } from 'node:crypto'
import type { By } from '../../../src/access/management.ts'
import type { RemoteRegistry } from '../../../src/client/remote-registry.ts'
import { OPERATOR } from '../../../src/lib/actor.ts'
import { createLog } from '../../../src/observability/log.ts'
import { listTagNames } from '../../../src/metadata/tags.ts'
import { parseDigest, type Digest } from '../../../src/oci/digest.ts'
import type { MediaType } from '../../../src/oci/media-type.ts'
import { parseRepositoryName } from '../../../src/oci/name.ts'
import {
  type FetchedManifest,
  type ImageSource,
  type ImageTarget,
  RemoteError,
} from '../../../src/registry/image-source.ts'
import { localImages } from '../../../src/registry/local-images.ts'
import { createRemote } from '../../../src/remotes/manage-remotes.ts'
import { Engine } from '../../../src/replication/engine.ts'
import type { Execution } from '../../../src/replication/execution-store.ts'
import { listImages } from '../../../src/replication/image-store.ts'
import { requireExecution, startExecution } from '../../../src/replication/manage-executions.ts'
import { createRule } from '../../../src/replication/manage-rules.ts'
import { countQueue } from '../../../src/replication/queue-store.ts'
import type { RuleBodyInput } from '../../../src/replication/rule.ts'
import { listRules } from '../../../src/replication/rule-store.ts'
import { type InProcess, openInProcess } from '../../e2e/support/in-process.ts'

export type Place = ImageSource & ImageTarget

const BY: By = { actor: OPERATOR, principal: undefined }
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json' as MediaType
const EMPTY = 'application/vnd.oci.empty.v1+json'

function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
}

export interface TestImage extends FetchedManifest {
  readonly config: Uint8Array
}

export interface ImageOptions {
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: readonly [os: string, architecture: string]
  readonly subject?: FetchedManifest
  readonly artifactType?: string
}

/** A small image; another number, another digest. */
export function testImage(n: number | string, options: ImageOptions = {}): TestImage {
  const { labels = {}, annotations, platform = ['linux', 'amd64'], subject, artifactType } = options
  const [os, architecture] = platform
  const config = new TextEncoder().encode(JSON.stringify({ n, os, architecture, config: { Labels: labels } }))
  const mediaType = artifactType === undefined ? 'application/vnd.oci.image.config.v1+json' : EMPTY
  const json = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST },
    ...(artifactType === undefined ? {} : { artifactType }),
    config: { mediaType, digest: digestOf(config), size: config.byteLength },
    layers: [],
    ...(annotations === undefined ? {} : { annotations }),
    ...(subject === undefined
      ? {}
      : { subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.content.byteLength } }),
  }
  const content = new Uint8Array(new TextEncoder().encode(JSON.stringify(json)))
  return { digest: digestOf(content), mediaType: OCI_MANIFEST, content, config }
}

export async function put(place: ImageTarget, name: string, image: TestImage, tags: readonly string[]): Promise<void> {
  const digest = digestOf(image.config)
  const blob = { mediaType: EMPTY, digest, size: image.config.byteLength }
  if (!(await place.hasBlob(name, digest)))
    await place.putBlob(name, blob, async (offset) => new Blob([image.config.slice(offset)]).stream())
  await place.putManifest(name, image, tags)
}

/** A registry with its replication; its remotes are at addresses, or whatever the test says. */
export interface Side {
  readonly berth: InProcess
  readonly engine: Engine
  /** As a user of it. */
  readonly user: Place
  /** As another registry that comes with that account. */
  readonly as: (account: string) => Place
  readonly addRule: (name: string, rule: SideRule) => Promise<void>
  readonly start: (rule: string) => Promise<number>
  /** A whole run, to its end or as far as it comes. */
  readonly run: (rule: string) => Promise<Execution>
  readonly log: (execution: number) => Promise<Record<string, string>>
  readonly tags: (repository: string) => Promise<Record<string, string>>
  readonly queued: () => Promise<number>
  readonly lines: () => readonly string[]
}

export interface SideRule {
  readonly remote: string
  readonly direction: 'push' | 'pull'
  readonly body: RuleBodyInput
}

/** Requests that a remote was sent, and whether it can be reached. */
export class Link {
  requests: string[] = []
  isCut = false
  /** Called before each request. */
  before: (what: string) => Promise<void> = async () => undefined
  /** Called when the remote has done it. */
  after: (what: string) => Promise<void> = async () => undefined

  through(place: Place): RemoteRegistry {
    const ask = async (what: string) => {
      await this.before(what)
      if (this.isCut) throw new RemoteError('unreachable', 'the link is cut')
      this.requests.push(what)
    }
    const wrapped = {
      label: 'the remote',
      repositories: (signal?: AbortSignal) => place.repositories(signal),
      ping: async () => undefined,
      health: () => ({}) as never,
    }
    for (const name of METHODS)
      Object.assign(wrapped, {
        [name]: async (...parameters: readonly unknown[]) => {
          const what = `${name} ${parameters.filter((each) => typeof each === 'string').join(' ')}`
          await ask(what)
          const done = await (place[name] as (...given: readonly unknown[]) => Promise<unknown>)(...parameters)
          await this.after(what)
          return done
        },
      })
    return wrapped as unknown as RemoteRegistry
  }
}

const METHODS = [
  ...(['resolve', 'manifest', 'blob', 'tagPage', 'referrers'] as const),
  ...(['hasBlob', 'mountBlob', 'putBlob', 'putManifest', 'deleteTag'] as const),
] as const

export async function openSide(
  remotes: Readonly<Record<string, string | (() => RemoteRegistry)>>,
  config: Readonly<Record<string, unknown>> = {},
): Promise<Side> {
  const berth = await openInProcess({ config })
  const { management: m, registry, database } = berth.app
  const ids = new Map<number, string>()
  for (const [name, remote] of Object.entries(remotes)) {
    const url = typeof remote === 'string' ? remote : 'http://127.0.0.1:9'
    const input = { name, url, allowPrivate: true, insecureHttp: true }
    ids.set((await createRemote({ m, secrets: berth.app.remotes.secrets }, BY, input)).id, name)
  }
  const lines: string[] = []
  const log = createLog({ level: 'info', now: () => berth.clock.now(), write: (line) => void lines.push(line) })
  const open = async (id: number) => {
    const remote = remotes[ids.get(id) ?? '']
    return typeof remote === 'function' ? remote() : berth.app.remotes.open(id)
  }
  const engine = new Engine({ registry, remotes: { open }, log, count: () => undefined })
  const as = (account: string) =>
    localImages({ registry, actor: { id: account, name: account, address: '' }, overwriteRefusal: undefined })
  return {
    berth,
    engine,
    as,
    user: as('alice'),
    addRule: async (name, { remote, direction, body }) =>
      void (await createRule(m, BY, { name, remote, direction, body })),
    start: async (rule) => (await startExecution(m, BY, rule)).id,
    run: async (rule) => {
      const { id } = await startExecution(m, BY, rule)
      await engine.run()
      return requireExecution(m, id)
    },
    log: async (execution) => {
      const lines = await listImages(database.reader, execution, {
        after: { repository: '', reference: '' },
        limit: 2000,
      })
      const words = lines.map(({ repository, reference, state, reason }) => [
        `${repository}:${reference}`,
        reason === '' ? state : `${state}: ${reason}`,
      ])
      return Object.fromEntries(words)
    },
    tags: async (repository) => {
      const found: Record<string, string> = {}
      const name = parseRepositoryName(repository)
      for (const tag of await listTagNames(database.reader, name, { after: '', limit: 1000 }))
        found[tag] = (await as('alice').resolve(repository, tag))?.digest ?? ''
      return found
    },
    queued: async () => ((await listRules(database.reader)).length === 0 ? 0 : countQueue(database.reader)),
    lines: () => lines,
  }
}
