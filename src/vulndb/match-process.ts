import { createInterface } from 'node:readline'
import { type Child, startChild } from './child.ts'
import { openDatabaseFile } from './database-file.ts'
import { type AnswerPart, answerPartSchema, packageRowsSchema } from './match-protocol.ts'
import { createMatcher } from './matcher.ts'
import type { PackageMatches, PackageRow } from './package-row.ts'
import type { VulndbPlace } from './place.ts'
import type { Match } from './vulnerability.ts'

/** The process that matches did not come to its end. Trying again later is right. */
export class MatcherError extends Error {
  constructor(what: string) {
    super(`matching packages against vulnerability data failed: ${what}`)
    this.name = 'MatcherError'
  }
}

/** Packages in one line of a question. */
const BATCH = 500
const MATCHES_IN_PART = 100

/** See `Vulndb.match`. */
export async function* matchApart(
  place: VulndbPlace,
  packages: AsyncIterable<readonly PackageRow[]>,
  signal?: AbortSignal,
): AsyncGenerator<PackageMatches> {
  signal?.throwIfAborted()
  const child = await startChild(place, 'match').catch((error: unknown) => {
    throw new MatcherError(error instanceof Error ? error.message : 'it cannot be started')
  })
  signal?.addEventListener('abort', child.kill)
  try {
    signal?.throwIfAborted()
    const { stdin, stdout } = child.process
    // Whoever asks is the brake: the next question comes when the answers to the last one were taken.
    const answers = createInterface({ input: stdout })[Symbol.asyncIterator]()
    stdin.write(`${JSON.stringify(place.data)}\n`)
    for await (const batch of batches(packages)) {
      stdin.write(`${JSON.stringify(batch)}\n`)
      for (let left = batch.length; left > 0; left--) {
        const answer = await wholeAnswer(answers)
        signal?.throwIfAborted()
        if (answer === undefined) throw new MatcherError(await endingOf(child))
        yield answer
      }
    }
  } finally {
    signal?.removeEventListener('abort', child.kill)
    child.kill()
  }
}

/** The parts of the answer about one package. Undefined: there is nobody who answers. */
async function wholeAnswer(lines: AsyncIterator<string>): Promise<PackageMatches | undefined> {
  const matches: Match[] = []
  for (;;) {
    const line = await lines.next()
    if (line.done === true) return undefined
    const { matches: some, more, ...rest } = parseAnswer(line.value)
    matches.push(...some)
    if (!more) return { ...rest, matches }
  }
}

function parseAnswer(line: string): AnswerPart {
  try {
    return answerPartSchema.parse(JSON.parse(line))
  } catch {
    throw new MatcherError('it said something that is no answer')
  }
}

async function* batches(packages: AsyncIterable<readonly PackageRow[]>): AsyncGenerator<readonly PackageRow[]> {
  for await (const page of packages) for (let at = 0; at < page.length; at += BATCH) yield page.slice(at, at + BATCH)
}

async function endingOf({ ended, complaint }: Child): Promise<string> {
  const { code, signal } = await ended
  const how = signal === null ? `it ended with ${code}` : `it was ended by ${signal}`
  return complaint() === '' ? how : `${how}: ${complaint()}`
}

/** `berth vulndb match`: what the process does. The first line is the data folder, each other one packages. */
export async function runMatch(
  input: AsyncIterable<string>,
  write: (line: string) => Promise<void> | void,
): Promise<void> {
  let match: ReturnType<typeof createMatcher> | undefined
  for await (const line of input) {
    if (match === undefined) match = matcherOf(JSON.parse(line))
    else
      for (const row of packageRowsSchema.parse(JSON.parse(line)))
        for (const part of answerParts(match(row))) await write(JSON.stringify(part))
  }
}

/** In parts, so that whoever reads them is never busy for long with one. */
function* answerParts({ matches, ...rest }: PackageMatches): Generator<AnswerPart> {
  for (let at = 0; at === 0 || at < matches.length; at += MATCHES_IN_PART)
    yield {
      ...rest,
      matches: matches.slice(at, at + MATCHES_IN_PART),
      more: at + MATCHES_IN_PART < matches.length,
    }
}

function matcherOf(data: unknown): ReturnType<typeof createMatcher> {
  const db = typeof data === 'string' ? openDatabaseFile(data) : undefined
  return db === undefined ? ({ id }) => ({ packageId: id, matches: [] }) : createMatcher(db)
}
