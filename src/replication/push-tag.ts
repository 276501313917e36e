import { hasNamed } from '../metadata/tag-history.ts'
import type { Digest } from '../oci/digest.ts'
import type { RepositoryName } from '../oci/name.ts'
import { whyUnwanted } from './content-filter.ts'
import { type Decision, decide } from './decide.ts'
import { isLooping, noteWritten } from './looping.ts'
import { hashOfReferrers, type Look, lookAt, remember } from './memory.ts'
import { cameFrom } from './origin.ts'
import { isTwoWay } from './selection.ts'
import { enqueue } from './queue-store.ts'
import { inherit, isFromRival, rivalOf, whyNotFirst } from './rivals.ts'
import { settleWrite } from './settle-write.ts'
import { moversSince, type TagMemory } from './tag-store.ts'
import { type PlaceThere, send, writeThere } from './transfer.ts'
import { type Outcome, outcome, type TagPlace, type Work } from './work.ts'

/** A tag that changes while it is looked at is looked at again, so many times. */
const MAX_ROUNDS = 5

/**
 * Makes a tag at the remote what it is here, if the rule says so. One request when it is already. Undefined: it is none of
 * the rule's business. @throws RemoteError, OciError, Problem
 */
export async function pushTag(work: Work, place: TagPlace): Promise<Outcome | undefined> {
  const at = { ...place, there: work.rule.nameThere(place.repository) }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const look = await lookAt(work, at)
    const done = await pushOnce(work, at, look)
    if (done !== 'again') return done
  }
  return outcome('conflict', undefined, { reason: 'the tag keeps changing while it is replicated', openEnded: true })
}

async function pushOnce(work: Work, at: PlaceThere, look: Look): Promise<Outcome | undefined | 'again'> {
  const { local, memory } = look
  if (memory?.writing !== undefined) return settleWrite(work, at, { memory, wrote: memory.writing ?? undefined })
  if (local.mover !== undefined && cameFrom(work.rule, work.rules, local.mover)) return followPeer(work, at, look)
  const there = async () => (await work.target.resolve(at.there, at.tag, work.signal))?.digest
  return local.digest === undefined ? pushGone(work, at, look, there) : pushTo(work, at, look, there)
}

type Resolve = () => Promise<Digest | undefined>

/** There is no such tag here. */
async function pushGone(work: Work, at: PlaceThere, look: Look, resolve: Resolve) {
  const { memory } = look
  const heir = memory?.digest === undefined ? undefined : await rivalOf(work, claimOf(at), 'any')
  if (heir !== undefined) return leaveTo(work, at, heir as RepositoryName)
  if (!mayDelete(work, at, memory)) return undefined
  const there = await resolve()
  const reason = there === undefined ? undefined : await whyStays(work, at, look, there)
  if (reason !== undefined) return outcome('skipped', there, { reason })
  return settle(work, at, look, { there, isInherited: false })
}

async function pushTo(work: Work, at: PlaceThere, look: Look, resolve: Resolve) {
  const there = await resolve()
  const rival = await rivalOf(work, claimOf(at), 'before')
  if (rival !== undefined) return outcome('conflict', look.local.digest, { reason: whyNotFirst(rival, at.there) })
  const isInherited = await isFromRival(work, at, there)
  const done = await settle(work, at, look, { there, isInherited })
  if (isInherited && done !== 'again') await inherit(work, at)
  return done
}

function claimOf({ repository, there, tag }: PlaceThere) {
  return { from: repository, to: there, tag }
}

interface Found {
  readonly there: Digest | undefined
  /** The rule brought it, of another repository that had this place before. */
  readonly isInherited: boolean
}

async function settle(
  work: Work,
  at: PlaceThere,
  look: Look,
  { there, isInherited }: Found,
): Promise<Outcome | undefined | 'again'> {
  const { local, memory } = look
  const decision = decide({
    source: local.digest,
    target: there,
    sourceChanged: isInherited || isChanged(look),
    targetKnown: isInherited || (await isKnownHere(work, at, look, there)),
    policy: isLooping(memory, local.digest, work.registry.clock.now()) ? 'newest' : work.rule.body.conflicts,
  })
  if (decision === 'same') return same(work, at, look, isInherited)
  if (decision === 'write' || decision === 'win') return write(work, at, look, decision)
  return outcome(decision === 'leave' ? 'skipped' : 'conflict', local.digest, {
    reason: WHY[decision],
    openEnded: decision === 'lose',
  })
}

/** The tag is gone here, and another repository that goes to the same place still has it: nothing goes. */
async function leaveTo({ registry, rule }: Work, { tag }: PlaceThere, heir: RepositoryName): Promise<undefined> {
  // A whole run comes by there anyway.
  if (!rule.body.onEvent) return
  const { database, clock } = registry
  await database.writeQuietly((tx) => enqueue(tx, rule.id, { repository: heir, reference: tag }, clock.now()))
}

const WHY: Readonly<Record<Exclude<Decision, 'same' | 'write' | 'win'>, string>> = {
  leave: 'the tag was changed there and not here; it stays as it is',
  lose: 'the tag was changed on both sides; what is there stays, and has to come from there',
  keep: 'the tag was changed on both sides; both stay as they are',
}

/** Nothing goes that the rule did not bring, unless both sides replicate it to each other. */
function mayDelete(work: Work, at: PlaceThere, memory: TagMemory | undefined): boolean {
  return work.rule.body.deletes && (memory?.brought === true || isTwoWay(work, at))
}

/** One way, only what the rule brought goes; both ways, only what the rule would bring. */
async function whyStays(work: Work, at: PlaceThere, { memory }: Look, there: Digest): Promise<string | undefined> {
  const isWhatWasThere = there === memory?.digest
  if (!isWhatWasThere && !isTwoWay(work, at))
    return 'the tag is gone here; there it is something else by now, and stays'
  if (isWhatWasThere && memory.brought) return undefined
  return whyUnwanted(work.rule, { source: work.held, name: at.there, digest: there, signal: work.signal })
}

function isChanged({ local, memory }: Look): boolean {
  if (memory === undefined || local.movedAt > memory.settledAt) return true
  // The repository went as a whole, with its history.
  return local.repositoryId === undefined && memory.digest !== undefined
}

async function isKnownHere(
  { registry }: Work,
  { tag }: PlaceThere,
  { local, memory }: Look,
  there: Digest | undefined,
): Promise<boolean> {
  if (there === memory?.digest) return true
  if (there === undefined || local.repositoryId === undefined) return false
  return hasNamed(registry.database.reader, local.repositoryId, { tag, digest: there })
}

/** What came from the remote is not sent back; what was put beside it here is. */
async function followPeer(work: Work, at: PlaceThere, look: Look): Promise<Outcome | undefined> {
  const { local, memory } = look
  const lost = await wasOverwritten(work, at, look)
  const referrers = await hashOfReferrers(work, local)
  const known = { digest: local.digest, brought: false, settledAt: local.movedAt }
  if (local.digest !== undefined && referrers !== undefined && referrers !== memory?.referrers) {
    const { manifests, bytes } = await send(work, at, local.digest, [])
    await remember(work, at, memory, { ...known, referrers })
    if (manifests > 0 && !lost) return outcome('copied', local.digest, { reason: ABOUT_IT, bytes })
  } else if (memory !== undefined || lost) await remember(work, at, memory, known)
  return lost ? outcome('conflict', local.digest, { reason: OVERWRITTEN }) : undefined
}

const ABOUT_IT = 'what is about the image'
const OVERWRITTEN =
  'the tag was changed on both sides at once; what came from there is newer, and what was here is in the history of the tag'

/** Somebody changed the tag here, and before that was sent the remote changed it too. */
async function wasOverwritten({ registry, rule, rules }: Work, { tag }: PlaceThere, look: Look): Promise<boolean> {
  const { local, memory } = look
  if (memory === undefined || local.repositoryId === undefined || local.movedAt <= memory.settledAt) return false
  const { repositoryId } = local
  const movers = await moversSince(registry.database.reader, { repositoryId, tag, since: memory.settledAt })
  return movers.some((mover) => !cameFrom(rule, rules, mover))
}

async function same(
  work: Work,
  at: PlaceThere,
  { local, memory }: Look,
  isInherited: boolean,
): Promise<Outcome | undefined> {
  const { digest, movedAt } = local
  const brought = isInherited || (memory?.brought === true && memory.digest === digest)
  const known = { digest, settledAt: movedAt, brought }
  const referrers = await hashOfReferrers(work, local)
  if (digest === undefined) {
    if (memory !== undefined) await remember(work, at, memory, { ...known, brought: false })
    return undefined
  }
  if (referrers === undefined || referrers === memory?.referrers) {
    await remember(work, at, memory, { ...known, referrers })
    return outcome('present', digest)
  }
  const { manifests, bytes } = await send(work, at, digest, [])
  await remember(work, at, memory, { ...known, referrers })
  return manifests > 0 ? outcome('copied', digest, { reason: ABOUT_IT, bytes }) : outcome('present', digest)
}

async function write(
  work: Work,
  at: PlaceThere,
  look: Look,
  decision: Decision,
): Promise<Outcome | undefined | 'again'> {
  const { local, memory } = look
  const { digest } = local
  if (digest !== undefined) {
    const candidate = { source: work.source, name: at.repository, digest, signal: work.signal }
    const unwanted = await whyUnwanted(work.rule, candidate)
    if (unwanted !== undefined) return outcome('skipped', digest, { reason: unwanted })
  }
  const referrers = await hashOfReferrers(work, local)
  const recent = noteWritten(memory, digest, work.registry.clock.now())
  const begun = await remember(work, at, memory, { writing: digest ?? null, recent })
  const bytes = await writeThere(work, at, digest)
  const written = { memory: begun, wrote: digest, before: local, referrers, bytes, isConflict: decision === 'win' }
  return settleWrite(work, at, written)
}
