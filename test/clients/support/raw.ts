import {
  blobPath,
  type Descriptor,
  digestOf,
  digestOfFile,
  digestOfStream,
  IMAGE,
  INDEX,
  type Layout,
} from './layout.ts'

const DOCKER_IMAGE = 'application/vnd.docker.distribution.manifest.v2+json'
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const MANIFESTS = [IMAGE, INDEX, DOCKER_IMAGE, DOCKER_LIST]

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Where to look: a registry, a repository in it, and who is asking. */
export interface Place {
  readonly url: string
  readonly repository: string
  readonly credentials?: Credentials
  /** The authority behind an https address, PEM. */
  readonly ca?: string
}

interface Body {
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
}

/** What a registry holds under one reference: every descriptor reached from it, the root first. */
export interface Served {
  readonly root: Descriptor
  readonly all: readonly Descriptor[]
}

/** Asks the registry as no client does: plain fetch, and a Bearer token when it wants one. */
export async function ask(place: Place, path: string, init: RequestInit = {}): Promise<Response> {
  const url = `${place.url}/v2/${place.repository}/${path}`
  const tls = place.ca === undefined ? {} : { tls: { ca: place.ca } }
  const first = await fetch(url, { ...init, ...tls })
  const challenge = first.headers.get('www-authenticate')
  if (first.status !== 401 || challenge === null) return first
  await first.body?.cancel()
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${await tokenFor(challenge, place.credentials, tls)}`)
  return fetch(url, { ...init, ...tls, headers })
}

async function tokenFor(
  challenge: string,
  credentials: Credentials | undefined,
  tls: BunFetchRequestInit,
): Promise<string> {
  const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
  const url = new URL(field('realm'))
  url.searchParams.set('service', field('service'))
  url.searchParams.set('scope', field('scope'))
  const basic = credentials && `Basic ${btoa(`${credentials.username}:${credentials.password}`)}`
  const answer = await fetch(url, { ...tls, ...(basic === undefined ? {} : { headers: { authorization: basic } }) })
  if (!answer.ok) throw new Error(`token endpoint: ${answer.status} ${await answer.text()}`)
  const { token } = (await answer.json()) as { token: string }
  return token
}

/** Downloads everything under a reference and checks each digest, size and type. */
export async function download(place: Place, reference: string): Promise<Served> {
  const answer = await ask(place, `manifests/${reference}`, { headers: { accept: MANIFESTS.join(', ') } })
  const bytes = await answer.bytes()
  if (answer.status !== 200) throw new Error(`GET ${reference}: ${answer.status} ${new TextDecoder().decode(bytes)}`)
  const digest = digestOf(bytes)
  same(`digest of ${reference}`, answer.headers.get('docker-content-digest'), digest)
  const root = { mediaType: answer.headers.get('content-type') ?? '', digest, size: bytes.length }
  const body = JSON.parse(new TextDecoder().decode(bytes)) as Body
  const all: Descriptor[] = [root]
  for (const child of body.manifests ?? []) {
    const below = await download(place, child.digest)
    same(`child ${child.digest}`, below.root, { mediaType: child.mediaType, digest: child.digest, size: child.size })
    all.push(...below.all)
  }
  for (const blob of [...(body.config ? [body.config] : []), ...(body.layers ?? [])]) {
    await checkBlob(place, blob)
    all.push(blob)
  }
  return { root, all }
}

async function checkBlob(place: Place, blob: Descriptor): Promise<void> {
  const answer = await ask(place, `blobs/${blob.digest}`)
  if (answer.status !== 200 || answer.body === null) throw new Error(`GET ${blob.digest}: ${answer.status}`)
  same(`blob ${blob.digest}`, await digestOfStream(answer.body), { digest: blob.digest, size: blob.size })
}

/** The registry serves under this reference exactly what the layout holds: same root, same blobs, same bytes. */
export async function expectServed(place: Place, reference: string, layout: Layout): Promise<void> {
  const served = await download(place, reference)
  same('root digest', served.root.digest, layout.root.digest)
  same('content type', served.root.mediaType, layout.root.mediaType)
  same('digests', digestsOf(served.all), digestsOf(layout.blobs))
}

/** Every blob of the layout lies in the folder under its own name, byte for byte. */
export async function expectExported(layout: Layout, pathOf: (blob: Descriptor) => string): Promise<void> {
  for (const blob of layout.blobs) {
    same(`exported ${blob.digest}`, await digestOfFile(pathOf(blob)), { digest: blob.digest, size: blob.size })
  }
}

/** An OCI layout that a client wrote holds every blob of the one that was pushed. */
export const expectLayout = (folder: string, layout: Layout) =>
  expectExported(layout, (blob) => blobPath(folder, blob.digest))

export const digestsOf = (all: readonly Descriptor[]) => [...new Set(all.map((one) => one.digest))].sort()

function same(what: string, got: unknown, wanted: unknown): void {
  if (!Bun.deepEquals(got, wanted))
    throw new Error(`${what}: got ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`)
}
