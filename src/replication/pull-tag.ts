import { isRepositoryName, type Tag } from '../oci/name.ts'
import type { Digest } from '../oci/digest.ts'
import { whyUnwanted } from './content-filter.ts'
import { type Decision, decide } from './decide.ts'
import { isLooping, noteWritten } from './looping.ts'
import { type Look, lookAt, moveHere, remember } from './memory.ts'
import { cameFrom } from './origin.ts'
import { isTwoWay } from './selection.ts'
import { rivalOf, whyNotFirst } from './rivals.ts'
import { type KnownThere, knownThere } from './tag-store.ts'
import { fetchHere, type PlaceThere } from './transfer.ts'
import { type Outcome, outcome, type Work } from './work.ts'

const MAX_ROUNDS = 5
/** How long it is believed that nothing was signed meanwhile. */
const REFERRERS_MS = 60 * 60_000

/**
 * Makes a tag here what it is at the remote, if the rule says so. One request when it is already. Undefined: it is none of
 * the rule's business. @throws RemoteError, OciError, Problem
 */
export async function pullTag(work: Work, there: string, tag: Tag): Promise<Outcome | undefined> {
  const repository = work.rule.nameThere(there)
  if (!isRepositoryName(repository)) return undefined
  const at = { repository, tag, there }
  const known = await knownThere(work.registry.database.reader, { remoteId: work.rule.remoteId, there, tag })
  if (known.some((each) => each.direction === 'push' && each.brought && each.repository !== repository))
    return outcome('skipped', undefined, { reason: 'it was sent there from here, under another name' })
  const found = (await work.source.resolve(there, tag, work.signal))?.digest
  const claim = { from: there, to: repository, tag }
  const rival = await rivalOf(work, claim, found === undefined ? 'any' : 'before')
  if (rival !== undefined)
    return found === undefined ? undefined : outcome('conflict', found, { reason: whyNotFirst(rival, repository) })
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const done = await pullOnce(work, at, await lookAt(work, at), {
      found,
      known: known.filter((each) => each.repository === repository),
    })
    if (done !== 'again') return done
  }
  return outcome('conflict', found, { reason: 'the tag keeps changing while it is replicated' })
}

interface Remote {
  /** What the tag names there. */
  readonly found: Digest | undefined
  /** What rules of this remote know of it. */
  readonly known: readonly KnownThere[]
}

async function pullOnce(
  work: Work,
  at: PlaceThere,
  look: Look,
  remote: Remote,
): Promise<Outcome | undefined | 'again'> {
  const { local, memory } = look
  const { found } = remote
  const latest = remote.known.toSorted((one, other) => other.settledAt - one.settledAt)[0]
  if (found === undefined && !mayDelete(work, at, look, latest)) return undefined
  const decision = decide({
    source: found,
    target: local.digest,
    sourceChanged: latest === undefined || latest.digest !== found,
    targetKnown: !isChangedHere(work, look, latest),
    policy: isLooping(memory, found, work.registry.clock.now()) ? 'newest' : work.rule.body.conflicts,
  })
  if (decision === 'same') return same(work, at, look)
  if (decision === 'write' || decision === 'win') return take(work, at, look, { found, decision })
  return outcome(decision === 'leave' ? 'skipped' : 'conflict', found, { reason: WHY[decision] })
}

const WHY: Readonly<Record<Exclude<Decision, 'same' | 'write' | 'win'>, string>> = {
  leave: 'the tag was changed here and not there; it stays as it is',
  lose: 'the tag was changed on both sides; what is here stays',
  keep: 'the tag was changed on both sides; both stay as they are',
}

/** Nothing goes that is something else by now, or that the rule did not bring, unless both sides replicate it to each other. */
function mayDelete(work: Work, at: PlaceThere, look: Look, latest: KnownThere | undefined): boolean {
  const { digest } = look.local
  if (!work.rule.body.deletes || latest?.digest === undefined || latest.digest !== digest) return false
  return isTwoWay(work, at) || isOurs(look)
}

/** The rule brought what the tag names here. */
function isOurs({ local, memory }: Look): boolean {
  return memory?.brought === true && memory.digest === local.digest
}

function isChangedHere(work: Work, { local }: Look, latest: KnownThere | undefined): boolean {
  if (local.movedAt === 0) return false
  if (local.mover !== undefined && cameFrom(work.rule, work.rules, local.mover)) return false
  return latest === undefined || local.movedAt > latest.settledAt
}

async function same(work: Work, at: PlaceThere, { local, memory }: Look): Promise<Outcome | undefined> {
  const { digest, movedAt } = local
  const now = work.registry.clock.now().getTime()
  const brought = memory?.brought === true && memory.digest === digest
  const known = { digest, brought, settledAt: movedAt, writing: undefined }
  if (digest === undefined) return undefined
  const isFresh = memory?.digest === digest && now - memory.referrersAt < REFERRERS_MS
  if (isFresh) {
    await remember(work, at, memory, known)
    return outcome('present', digest)
  }
  const { manifests, bytes } = memory === undefined ? { manifests: 0, bytes: 0 } : await fetchHere(work, at, digest)
  await remember(work, at, memory, { ...known, referrersAt: now })
  return manifests > 0
    ? outcome('copied', digest, { reason: 'what is about the image', bytes })
    : outcome('present', digest)
}

async function take(
  work: Work,
  at: PlaceThere,
  look: Look,
  { found, decision }: { readonly found: Digest | undefined; readonly decision: Decision },
): Promise<Outcome | 'again'> {
  const { local, memory } = look
  const now = work.registry.clock.now()
  const unwanted = await whyNotTaken(work, at, look, found)
  if (unwanted !== undefined) return outcome('skipped', found, { reason: unwanted })
  const { bytes } = found === undefined ? { bytes: 0 } : await fetchHere(work, at, found)
  const movedAt = await moveHere(work, at, { from: local.digest, to: found })
  if (movedAt === undefined) return 'again'
  await remember(work, at, memory, {
    ...{ digest: found, brought: found !== undefined, settledAt: movedAt, referrersAt: now.getTime() },
    recent: noteWritten(memory, found, now),
  })
  if (decision === 'win') return outcome('conflict', found, { reason: WON, bytes })
  return outcome(found === undefined ? 'deleted' : 'copied', found, { bytes })
}

/** What goes has to be what the rule would bring, as what comes has. */
async function whyNotTaken(
  { rule, source, held, signal }: Work,
  at: PlaceThere,
  look: Look,
  found: Digest | undefined,
): Promise<string | undefined> {
  if (found !== undefined) return whyUnwanted(rule, { source, name: at.there, digest: found, signal })
  const { digest } = look.local
  if (digest === undefined || isOurs(look)) return undefined
  return whyUnwanted(rule, { source: held, name: at.repository, digest, signal })
}

const WON = 'the tag was changed on both sides; what is there was brought here, the other is in the history of the tag'
