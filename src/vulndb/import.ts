import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Problem } from '../lib/problem.ts'
import { baseEcosystem } from '../packages/ecosystem-name.ts'
import { findVersionOrder } from '../packages/versions/compare.ts'
import { type ApplyParts, applySteps, type EcosystemUpdate } from './apply-steps.ts'
import type { BuildStep } from './build-job.ts'
import { findOsvRecord, MAX_RECORD_BYTES } from './osv-record.ts'
import { withSpool } from './spool.ts'

export interface ImportOptions {
  /** A zip of one ecosystem, one record as JSON, or a folder with `<Ecosystem>/all.zip` as OSV lays them out. */
  readonly path: string
  /** Whose data it is, or, of a folder, the only one that is wanted. */
  readonly ecosystem?: string | undefined
  readonly signal?: AbortSignal
}

/** Takes data from files, for registries that reach nothing. @throws Problem; Error; the signal's reason */
export async function importVulnerabilityData(
  parts: ApplyParts,
  { path, ecosystem, signal }: ImportOptions,
): Promise<readonly EcosystemUpdate[]> {
  const wanted = ecosystem === undefined ? undefined : requireEcosystem(baseEcosystem(ecosystem))
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new Problem('not-found', `there is no file or folder ${path}`)
  return withSpool(parts.data, async (folder) => {
    const steps = found.isDirectory() ? await folderSteps(path, wanted) : await fileSteps(path, wanted, folder)
    const at = parts.clock.now().getTime()
    return applySteps(
      parts,
      steps.map((step) => ({ ...step, at })),
      signal,
    )
  })
}

function wholeStep(path: string, ecosystem: string): BuildStep {
  return {
    kind: 'whole',
    ecosystem,
    path: resolve(path),
    origin: `${basename(dirname(resolve(path)))}/${basename(path)}`,
    at: 0,
  }
}

async function folderSteps(path: string, wanted: string | undefined): Promise<BuildStep[]> {
  const own = join(path, 'all.zip')
  if (await isFile(own)) return [wholeStep(own, wanted ?? ecosystemOf(own))]
  const steps: BuildStep[] = []
  for (const name of (await readdir(path)).toSorted()) {
    const ecosystem = findEcosystem(name)
    const zip = join(path, name, 'all.zip')
    if (ecosystem !== undefined && (wanted ?? ecosystem) === ecosystem && (await isFile(zip)))
      steps.push(wholeStep(zip, ecosystem))
  }
  if (steps.length > 0) return steps
  throw new Problem('not-found', `${path} has no folder of an ecosystem with an all.zip in it, such as Debian/all.zip`)
}

async function fileSteps(path: string, wanted: string | undefined, spool: string): Promise<BuildStep[]> {
  if (await isZip(path)) return [wholeStep(path, wanted ?? ecosystemOf(path))]
  const { size } = await stat(path)
  const record = size > MAX_RECORD_BYTES ? undefined : findOsvRecord(await readFile(path, 'utf8'))
  if (record === undefined)
    throw new Problem('invalid', `${path} is neither a zip of OSV records nor a JSON file with one`)
  const copy = join(spool, 'record')
  await writeFile(copy, `${JSON.stringify(JSON.parse(await readFile(path, 'utf8')))}\n`)
  const bases = (record.affected ?? []).flatMap((each) => each.package?.ecosystem ?? []).map(baseEcosystem)
  const ecosystems = [...new Set(bases)].filter((each) => findEcosystem(each) === each && (wanted ?? each) === each)
  if (ecosystems.length === 0) throw new Problem('invalid', `${path} is about no package that is understood here`)
  return ecosystems.map((ecosystem) => ({
    ...{ kind: 'additions', ecosystem, path: copy, origin: basename(path), at: 0 },
  }))
}

async function isZip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return bytesRead === 4 && buffer.toString('latin1').startsWith('PK')
  } finally {
    await file.close()
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true
}

/** By the folder it lies in, or its own name: `Debian/all.zip`, `Debian.zip`. */
function ecosystemOf(path: string): string {
  const full = resolve(path)
  const found = findEcosystem(basename(dirname(full))) ?? findEcosystem(basename(full).replace(/\.zip$/i, ''))
  if (found !== undefined) return found
  throw new Problem('invalid', `say with --ecosystem whose data ${path} is: Debian, npm, Go …`)
}

/** Names of folders may be those of addresses: `Red%20Hat`. */
function findEcosystem(name: string): string | undefined {
  const plain = name.replaceAll('%20', ' ')
  return !plain.includes(':') && findVersionOrder(plain) !== undefined ? plain : undefined
}

function requireEcosystem(name: string): string {
  const found = findEcosystem(name)
  if (found !== undefined) return found
  throw new Problem('invalid', `"${name}" is no ecosystem that is understood here; they are called as OSV calls them`)
}
