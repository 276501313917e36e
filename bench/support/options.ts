/** What `npm run bench -- …` was asked to do. */
export interface Options {
  /** Few, short pairs and only the figures that a target names: under three minutes. */
  readonly quick: boolean
  /** Row numbers of docs/performance.md to run; empty means all. */
  readonly rows: readonly number[]
  readonly pairs: number
  /** Whole seconds: wrk knows no others. */
  readonly seconds: number
  readonly warmupSeconds: number
  /** Only compare with the recorded lead over docker-registry, or record it. */
  readonly guard: boolean
  /** Look at Berth under the loads of these rows instead of measuring them. */
  readonly profile: boolean
  /** Rewrite the generated part of docs/performance.md. */
  readonly write: boolean
}

export const USAGE = `npm run bench -- [quick|guard|profile] [row N…] [pairs N] [seconds N] [write]

  (nothing)    every row, 5 pairs of 10 seconds, and docs/performance.md is rewritten (hours)
  quick        only what targets beside docker-registry and nginx need, short pairs (about 3 minutes); nothing is written
  guard        fails when Berth's lead over docker-registry fell by more than a third below bench/guard.json
  guard write  records that lead anew
  profile row 2 3
               what these rows' loads cost Berth, and where its time goes, into docs/profiles.md (needs perf and strace)
  row 2 3      only these rows; nothing is written
  pairs N      so many pairs A B instead of 5
  seconds N    so many seconds for each half of a pair instead of 10
  write        put what was measured into docs/performance.md in any case; rows not measured keep their figures

BERTH_BENCH_DIR   where the data goes (default: data/bench in the project); must be on the disk to be measured
BERTH_BENCH_BLOBS of how many blobs row 15 collects half (default: "10000 100000 1000000"; in short runs without the last)
BERTH_BENCH_LINE  MiB/s and milliseconds of the line to the upstream in row 26 (default: "10 50")
BERTH_BENCH_TAGS  how many tags the repository of row 15 has (default: 100,000)
`

const WORDS: ReadonlySet<string> = new Set(['quick', 'guard', 'profile', 'row', 'rows', 'pairs', 'seconds', 'write'])

/** What is measured how long where nobody says so. */
const LENGTHS = {
  whole: { pairs: 5, seconds: 10 },
  quick: { pairs: 3, seconds: 1 },
  profile: { pairs: 1, seconds: 3 },
}
/** Until what is hot was compiled. */
const PROFILE_WARMUP_SECONDS = 4

/** @throws Error with the usage, for a word that means nothing here */
export function parseOptions(words: readonly string[]): Options {
  requireKnown(words)
  const [guard, profile, write] = ['guard', 'profile', 'write'].map((word) => words.includes(word))
  const quick = guard === true || profile === true || words.includes('quick')
  const rows = numbersAfter(words, 'row')
  if (profile && rows.length === 0) throw new Error(`profile wants rows\n\n${USAGE}`)
  const usual = LENGTHS[profile ? 'profile' : quick ? 'quick' : 'whole']
  const [seconds = usual.seconds] = numbersAfter(words, 'seconds')
  const [pairs = usual.pairs] = profile ? [] : numbersAfter(words, 'pairs')
  return {
    ...{ quick, rows, pairs, seconds, guard: guard === true, profile: profile === true },
    warmupSeconds: profile ? PROFILE_WARMUP_SECONDS : seconds < 5 ? 1 : 2,
    write: write === true || (!quick && rows.length === 0),
  }
}

function requireKnown(words: readonly string[]): void {
  const stranger = words.find((word) => !WORDS.has(word) && Number.isNaN(Number(word)))
  if (stranger !== undefined) throw new Error(`unknown word "${stranger}"\n\n${USAGE}`)
}

function numbersAfter(words: readonly string[], name: string): number[] {
  const start = words.findIndex((word) => word === name || word === `${name}s`)
  if (start < 0) return []
  const numbers: number[] = []
  for (const word of words.slice(start + 1)) {
    const value = Number(word)
    if (Number.isNaN(value)) break
    numbers.push(value)
  }
  return numbers
}
