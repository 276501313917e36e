import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerConfig } from './contestants.ts'
import { groupsOf, hexOf, type Plan, type SeedImage, writeHole } from './lifecycle-content.ts'
import { countFiles } from './lifecycle-state.ts'
import { find, pinned } from './tools.ts'

export interface PeerCollection {
  readonly seconds: number
  readonly peakBytes: number
}

/** Lays the same down as docker-registry stores it. Returns how many blobs its collection must leave, manifests included. */
export function layPeerGarbage(dir: string, plan: Plan): number {
  const root = join(dir, 'store/docker/registry/v2')
  let kept = 0
  for (const { repository, blobs, image } of groupsOf(plan)) {
    for (const { digest, size, content } of blobs) {
      const data = dataOf(root, digest)
      if (content === undefined) writeHole(data, size)
      else writeFileSync(data, content)
      writeLink(join(root, 'repositories', repository, '_layers/sha256', hexOf(digest)), digest)
    }
    if (image === undefined) continue
    layImage(root, repository, image)
    kept += blobs.length + 1
  }
  return kept
}

function layImage(root: string, repository: string, { digest, manifest, tag }: SeedImage): void {
  const manifests = join(root, 'repositories', repository, '_manifests')
  writeFileSync(dataOf(root, digest), manifest)
  writeLink(join(manifests, 'revisions/sha256', hexOf(digest)), digest)
  writeLink(join(manifests, 'tags', tag, 'current'), digest)
  writeLink(join(manifests, 'tags', tag, 'index/sha256', hexOf(digest)), digest)
}

function dataOf(root: string, digest: string): string {
  const hex = hexOf(digest)
  const folder = join(root, 'blobs/sha256', hex.slice(0, 2), hex)
  mkdirSync(folder, { recursive: true })
  return join(folder, 'data')
}

function writeLink(folder: string, digest: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'link'), digest)
}

/** Its own collection, which nobody may push meanwhile: so no server runs. @throws Error when it leaves anything else */
export async function collectPeer(dir: string, kept: number): Promise<PeerCollection> {
  const program = find('docker-registry')
  if (program === undefined) throw new Error('docker-registry is not installed')
  const config = join(dir, 'peer.yml')
  writeFileSync(config, peerConfig(join(dir, 'store'), 0))
  const startedAt = performance.now()
  const child = Bun.spawn(pinned('server', [program, 'garbage-collect', config]), {
    env: { ...process.env, GOMAXPROCS: '1' },
    stdout: 'ignore',
    stderr: Bun.file(join(dir, 'collect.log')),
  })
  const code = await child.exited
  const seconds = (performance.now() - startedAt) / 1000
  if (code !== 0) throw new Error(`docker-registry garbage-collect ended with ${code}: see ${dir}/collect.log`)
  const left = countFiles(join(dir, 'store/docker/registry/v2/blobs'))
  if (left !== kept) throw new Error(`docker-registry left ${left} blobs, not ${kept}`)
  return { seconds, peakBytes: child.resourceUsage()?.maxRSS ?? 0 }
}
