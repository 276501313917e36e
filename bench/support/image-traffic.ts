import type { PushImageInput, PushImageOutcome } from '../load/push-image.ts'
import { MANIFEST_TYPE, MIB } from './data-set.ts'
import { startLoad } from './load.ts'
import type { Server } from './server.ts'

export const LAYERS = 5
export const LAYER_BYTES = 20 * MIB
const PULLERS = 3

export interface PushedImage extends PushImageOutcome {
  readonly repository: string
  readonly tag: string
}

/** Pushes a fresh image of 100 MB, three blobs at a time; `before` is called when all is prepared. */
export async function pushFreshImage(
  server: Server,
  image: { repository: string; tag: string; client: PushImageInput['client'] },
  before: () => void = () => undefined,
): Promise<PushedImage> {
  const input: PushImageInput = { port: server.port, ...image, layers: LAYERS, layerBytes: LAYER_BYTES, concurrency: 3 }
  const load = startLoad('push-image.ts', input)
  await load.line('ready')
  before()
  await load.release()
  const outcome: PushImageOutcome = JSON.parse(await load.lastLine())
  return { ...outcome, repository: image.repository, tag: image.tag }
}

/** As docker pulls: HEAD by tag, GET by digest, then config and layers, three at a time; every byte's digest is compared. */
export async function pullImage(server: Server, image: PushedImage): Promise<void> {
  const base = `${server.url}/v2/${image.repository}`
  const headers = { Accept: MANIFEST_TYPE }
  const head = await fetch(`${base}/manifests/${image.tag}`, { method: 'HEAD', headers })
  if (head.headers.get('docker-content-digest') !== image.manifest)
    throw new Error(`HEAD of ${image.tag} named no such digest`)
  await verify(`${base}/manifests/${image.manifest}`, image.manifest, headers)
  const left = image.blobs.map(({ digest }) => digest)
  const puller = async () => {
    for (let digest = left.shift(); digest !== undefined; digest = left.shift())
      await verify(`${base}/blobs/${digest}`, digest)
  }
  await Promise.all(Array.from({ length: PULLERS }, puller))
}

async function verify(url: string, digest: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const response = await fetch(url, { headers })
  const hash = new Bun.CryptoHasher('sha256')
  for await (const chunk of response.body ?? []) hash.update(chunk)
  const found = `sha256:${hash.digest('hex')}`
  if (found !== digest) throw new Error(`${url} answered ${response.status} with ${found}`)
}
