import { type By, type Change, type Management, requireFound } from '../access/management.ts'
import type { Project } from '../access/project-store.ts'
import { Breaths } from '../lib/breaths.ts'
import { Problem } from '../lib/problem.ts'
import type { Transaction } from '../metadata/db.ts'
import { type FoundImages, findImages, keyOf } from './find-images.ts'
import {
  countHolders,
  findHolder,
  type Held,
  type Holder,
  heldRepositories,
  hold,
  letGo,
  letGoOfAbsent,
  listHeld,
  purgeExpired,
  putHolder,
  removeHolder,
} from './store.ts'

export const MAX_IMAGES = 10_000
export const MIN_SECONDS = 60
export const MAX_SECONDS = 30 * 24 * 60 * 60
const MAX_HOLDERS = 200
const HOLDER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$/

export interface ProtectionInput {
  /** A cluster, a pipeline: whoever it is that uses the images. */
  readonly holder: string
  /** Everything that the holder uses in the project, as `team/app@sha256:…` or `team/app:v1`. */
  readonly images: readonly string[]
  readonly seconds: number
}

export interface Protected {
  readonly holder: string
  readonly until: Date
  /** How many manifests, each counted once. */
  readonly count: number
  /** Named, but not in the project, or no business of the caller's. */
  readonly missing: readonly string[]
}

/**
 * Says what a holder uses from now on, instead of what it said before, and for how long. One that never used anything
 * is not remembered. @throws Problem when the caller may see an image but not protect it, and when the holder is
 * somebody else's
 */
export async function protect(m: Management, by: By, project: Project, input: ProtectionInput): Promise<Protected> {
  requireSound(input)
  const { holder: name } = input
  const mayTakeOver = await mayReplace(m, by, project, name)
  const images = await findImages(m, by, project, input.images)
  return m.database.write(async (tx) => {
    const now = m.clock.now()
    const until = new Date(now.getTime() + input.seconds * 1000)
    const existing = await findHolder(tx, { projectId: project.id, name }, now)
    if (existing !== undefined && !mayTakeOver) requireOwn(by, existing)
    // Whoever may protect nothing here must not use up the places of those who may.
    if (existing === undefined && images.found.size === 0)
      return { holder: name, until, count: 0, missing: images.missing }
    if (existing === undefined) await requireRoom(tx, project, now)
    // An owner who puts a cluster's images right does not take them from the cluster.
    const createdBy = existing?.createdBy ?? by.actor.id
    const id = await putHolder(tx, { projectId: project.id, name, createdBy, until })
    const { count, missing } = await replaceHeld(tx, id, images)
    await purgeExpired(tx, now)
    const detail = { holder: name, images: count, until: until.toISOString() }
    await record(m, by, tx, { action: 'protection.set', target: `project:${project.name}`, detail })
    return { holder: name, until, count, missing: [...images.missing, ...missing] }
  })
}

/** @throws Problem */
export async function unprotect(m: Management, by: By, project: Project, holder: string): Promise<void> {
  const mayTakeOver = await mayReplace(m, by, project, holder)
  await m.database.write(async (tx) => {
    const what = `holder "${holder}" of protected images in the project ${project.name}`
    const existing = requireFound(await findHolder(tx, { projectId: project.id, name: holder }, m.clock.now()), what)
    if (!mayTakeOver) requireOwn(by, existing)
    await removeHolder(tx, existing.id)
    const about = { action: 'protection.removed', target: `project:${project.name}`, detail: { holder } }
    await record(m, by, tx, about)
  })
}

function requireSound({ holder, images, seconds }: ProtectionInput): void {
  if (!HOLDER_NAME.test(holder))
    throw new Problem('invalid', 'a holder’s name has 1 to 128 letters, digits, ".", "_" and "-"')
  if (images.length > MAX_IMAGES)
    throw new Problem('invalid', `at most ${MAX_IMAGES} images of one holder are protected; use several holders`)
  if (!Number.isInteger(seconds) || seconds < MIN_SECONDS || seconds > MAX_SECONDS)
    throw new Problem('invalid', `images are protected for ${MIN_SECONDS} seconds to 30 days at once; renew it in time`)
}

/**
 * Whether the caller may replace what anybody holds: owners and the operator. Who may not needs the right for all that
 * his own holder has, so that a key for one repository does not uncover another.
 */
async function mayReplace(m: Management, { principal }: By, project: Project, name: string): Promise<boolean> {
  if (principal === undefined) return true
  if ((await m.authorizer.allows(principal, 'manage', { project })).allowed) return true
  const { reader } = m.database
  const holder = await findHolder(reader, { projectId: project.id, name }, m.clock.now())
  for (const repository of holder === undefined ? [] : await heldRepositories(reader, holder.id))
    if (!(await m.authorizer.allows(principal, 'protect', { repository })).allowed)
      throw new Problem(
        'forbidden',
        'this holder has images that you may not protect; ask an owner of the project, or wait until its time is over',
      )
  return false
}

function requireOwn({ actor }: By, { name, createdBy }: Holder): void {
  if (createdBy === actor.id) return
  throw new Problem(
    'forbidden',
    `the holder "${name}" is somebody else's; use another name, or ask an owner of the project`,
  )
}

async function requireRoom(tx: Transaction, project: Project, now: Date): Promise<void> {
  if ((await countHolders(tx, project.id, now)) >= MAX_HOLDERS)
    throw new Problem('conflict', `at most ${MAX_HOLDERS} holders protect images in one project`)
}

/** What has gone since it was found is missing too. */
async function replaceHeld(
  tx: Transaction,
  holder: number,
  { found }: FoundImages,
): Promise<{ readonly count: number; readonly missing: readonly string[] }> {
  const before = new Map((await listHeld(tx, holder)).map((held): [string, Held] => [keyOf(held), held]))
  const breaths = new Breaths()
  for (const [key, held] of before) {
    if (!found.has(key)) await letGo(tx, holder, held)
    if (breaths.isDue()) await breaths.take()
  }
  for (const [key, { held }] of found) {
    if (!before.has(key)) await hold(tx, holder, held)
    if (breaths.isDue()) await breaths.take()
  }
  const absent = await letGoOfAbsent(tx, holder)
  const missing = absent.flatMap((held) => found.get(keyOf(held))?.texts ?? [])
  return { count: found.size - absent.length, missing }
}

async function record(m: Management, { actor }: By, tx: Transaction, about: Change): Promise<void> {
  await m.recorder.record(tx, { ...about, actor, outcome: 'done' })
}
