/** Where in the name of a repository one is, and where each kind of sign leads. */
const STEPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  start: { word: 'word' },
  word: { word: 'word', '.': 'dot', _: 'underscore', '-': 'dash', '/': 'start' },
  dot: { word: 'word' },
  underscore: { word: 'word', _: 'underscores' },
  underscores: { word: 'word' },
  dash: { word: 'word', '-': 'dash' },
}

/** Whether any repository can have a name that matches: `../x` and `app.` name none, as no name has a part like that. */
export function isPossiblePattern(pattern: string): boolean {
  let states: ReadonlySet<string> = new Set(['start'])
  for (const [sign] of pattern.matchAll(/\*\*|./gs)) states = after(states, sign)
  return states.has('word')
}

function after(states: ReadonlySet<string>, sign: string): ReadonlySet<string> {
  if (sign === '**') return reachable(states, ['word', '.', '_', '-', '/'])
  if (sign === '*') return reachable(states, ['word', '.', '_', '-'])
  return new Set([...states].flatMap((state) => next(state, /[a-z0-9]/.test(sign) ? 'word' : sign)))
}

function next(state: string, kind: string): readonly string[] {
  const to = STEPS[state]?.[kind]
  return to === undefined ? [] : [to]
}

function reachable(states: ReadonlySet<string>, kinds: readonly string[]): ReadonlySet<string> {
  const found = new Set(states)
  // What is added while it is walked is walked too.
  for (const state of found) for (const kind of kinds) for (const to of next(state, kind)) found.add(to)
  return found
}
