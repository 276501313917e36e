import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Contestant, startSecuredBerth, UNSCANNED } from './contestants.ts'
import { startFresh } from './fresh.ts'
import type { Lab } from './lab.ts'
import { bearerHeaders, writeHtpasswd } from './login.ts'
import type { Population } from './profile-population.ts'
import { type Document, type Headers, layPeerBlobs, pushBlobs, putManifest } from './seed.ts'
import type { Server } from './server.ts'

const PUTS_AT_ONCE = 8

/** The folder of whose files none is ever changed: what copies of the whole may share. */
const BLOBS: Readonly<Partial<Record<Contestant, string>>> = {
  berth: 'store/blobs',
  secured: 'store/blobs',
  peer: 'store/docker/registry/v2/blobs',
}

/** A contestant's data as it was filled once; every section begins with it. */
export interface Filled {
  readonly who: Contestant
  readonly dir: string
}

export interface Running {
  readonly server: Server
  /** For the requests, by repository: a token is good for one. */
  readonly headers: Readonly<Record<string, Headers>>
}

/** Fills a contestant with a population: by its own API, but for the bytes of whom they can be laid down by links. */
export async function fill(lab: Lab, who: Contestant, population: Population): Promise<Filled> {
  const dir = lab.scratch(join('profile', who))
  if (who === 'secured') await writeHtpasswd(join(dir, 'htpasswd'))
  if (who === 'peer') {
    for (const [repository, blobs] of population.blobs) layPeerBlobs(join(dir, 'store'), blobs, repository)
  }
  const server = await start(lab, { who, dir })
  try {
    const headers = await headersFor(server, who, [...population.blobs.keys()])
    for (const [repository, blobs] of who === 'peer' ? [] : population.blobs) {
      await pushBlobs(server.url, blobs, headers[repository], repository)
    }
    for (const documents of [population.manifests, population.indexes]) await putAll(server, documents, headers)
  } finally {
    await server.stop()
  }
  return { who, dir }
}

/** Runs something against a server on a copy of what was filled, and removes the copy. */
export async function withCopy<Outcome>(
  lab: Lab,
  { who, dir }: Filled,
  repositories: readonly string[],
  use: (running: Running) => Promise<Outcome>,
): Promise<Outcome> {
  const copy = lab.scratch('profile-copy')
  copyLinked(dir, copy, BLOBS[who])
  const server = await start(lab, { who, dir: copy })
  try {
    return await use({ server, headers: await headersFor(server, who, repositories) })
  } finally {
    await server.stop()
    lab.scratch('profile-copy')
  }
}

function start(lab: Lab, { who, dir }: Filled): Promise<Server> {
  return who === 'secured'
    ? startSecuredBerth(dir, join(dir, 'htpasswd'), UNSCANNED)
    : startFresh(lab, who, { dir, env: UNSCANNED })
}

async function headersFor(
  { url }: Server,
  who: Contestant,
  repositories: readonly string[],
): Promise<Record<string, Headers>> {
  const headers: Record<string, Headers> = {}
  for (const repository of repositories)
    headers[repository] = who === 'secured' ? await bearerHeaders(url, repository) : {}
  return headers
}

async function putAll(
  { url }: Server,
  documents: readonly Document[],
  headers: Readonly<Record<string, Headers>>,
): Promise<void> {
  const left = documents.values()
  const put = async () => {
    for (const document of left) await putManifest(url, document, headers[document.repository])
  }
  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, put))
}

/** A copy of a folder, where the files of one folder in it are links to the same bytes. */
function copyLinked(from: string, to: string, linked: string | undefined): void {
  const isCopied = (path: string) => linked === undefined || path !== join(from, linked)
  cpSync(from, to, { recursive: true, filter: isCopied })
  if (linked === undefined) return
  mkdirSync(dirname(join(to, linked)), { recursive: true })
  const { success } = Bun.spawnSync(['cp', '-al', join(from, linked), join(to, linked)])
  if (!success) throw new Error(`${join(from, linked)} could not be linked`)
}
