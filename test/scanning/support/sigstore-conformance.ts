import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from '../../clients/support/command.ts'

/**
 * The vectors that sigstore's own clients are held to. They are nobody's to commit here: `bun
 * test/scanning/support/sigstore-conformance.ts [git folder]` fetches them once, from GitHub or from a copy of that repository.
 */
const REPOSITORY = 'https://github.com/sigstore/sigstore-conformance'
const COMMIT = 'a73de4970176d258e0154c530b89d20b89444e4d'
const INSIDE = 'test/assets/bundle-verify'
const CACHE = join(tmpdir(), 'berth-clients', `sigstore-conformance-${COMMIT.slice(0, 8)}`)
const FOLDER = join(CACHE, INSIDE)

export const WHERE_FROM = 'run `bun test/scanning/support/sigstore-conformance.ts` once, with a network'

export interface Vector {
  readonly name: string
  readonly accepted: boolean
  readonly bundle: string
  readonly artifact: Uint8Array
  readonly trustedRoot: string | undefined
  readonly key: string | undefined
  readonly identity: string
  readonly issuer: string
}

/** Undefined: they were not fetched. */
export function vectorNames(): readonly string[] | undefined {
  if (!existsSync(FOLDER)) return undefined
  return readdirSync(FOLDER, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : []))
}

const BEACON =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main'
const ACTIONS = 'https://token.actions.githubusercontent.com'

export async function readVector(name: string): Promise<Vector> {
  const find = async (file: string) => {
    const path = join(FOLDER, name, file)
    return existsSync(path) ? readFile(path) : undefined
  }
  const text = async (file: string) => (await find(file))?.toString('utf8')
  return {
    name,
    accepted: !name.endsWith('_fail'),
    bundle: await readFile(join(FOLDER, name, 'bundle.sigstore.json'), 'utf8'),
    artifact: (await find('artifact')) ?? (await readFile(join(FOLDER, 'a.txt'))),
    trustedRoot: await text('trusted_root.json'),
    key: await text('key.pub'),
    identity: (await text('identity'))?.trim() ?? BEACON,
    issuer: (await text('issuer'))?.trim() ?? ACTIONS,
  }
}

async function fetchVectors(from: string | undefined): Promise<void> {
  const git = join(CACHE, 'git')
  await rm(CACHE, { recursive: true, force: true })
  await mkdir(git, { recursive: true })
  await must(['git', 'init', '--quiet', '--bare', git])
  await must(['git', '-C', git, 'fetch', '--quiet', '--depth', '1', from ?? REPOSITORY, COMMIT])
  await must(['git', '-C', git, 'archive', '--output', join(CACHE, 'vectors.tar'), COMMIT, INSIDE])
  await must(['tar', '-C', CACHE, '-xf', join(CACHE, 'vectors.tar')])
}

if (import.meta.main) {
  await fetchVectors(process.argv[2])
  console.info(`${vectorNames()?.length ?? 0} vectors in ${FOLDER}`)
}
