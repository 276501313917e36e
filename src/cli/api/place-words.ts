/** Before the command's name these may stand, too. */
const CONNECTION = ['server', 'profile', 'ca-file', 'token-file', 'user']
const SWITCHES = ['local', 'insecure-http', 'password-stdin']

/** Words up to `--`, after which nothing is an option. */
function options(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return end < 0 ? words : words.slice(0, end)
}

/** Whether a long option, with its dashes, was said. */
export function has(words: readonly string[], long: string): boolean {
  return options(words).some((word) => word === long || word.startsWith(`${long}=`))
}

/** @throws Error when the value is missing */
export function valueAfter(words: readonly string[], name: string): string | undefined {
  const all = options(words)
  const joined = all.find((word) => word.startsWith(`--${name}=`))
  if (joined !== undefined) return joined.slice(name.length + 3)
  const at = all.indexOf(`--${name}`)
  if (at < 0) return undefined
  const value = all[at + 1]
  if (value === undefined) throw new Error(`--${name} needs a value`)
  return value
}

/** `berth --server URL project list` is `berth project list --server URL`. */
export function withConnectionLast(words: readonly string[]): readonly string[] {
  let at = 0
  while (at < words.length) {
    const word = words[at] ?? ''
    const [name = '', value] = word.startsWith('--') ? word.slice(2).split('=', 2) : []
    if (SWITCHES.includes(name) || (CONNECTION.includes(name) && value !== undefined)) at++
    else if (CONNECTION.includes(name)) at += 2
    else break
  }
  const [said, rest] = [words.slice(0, at), words.slice(at)]
  // Only where one of them names a place: --insecure-http alone is one of "berth serve".
  if (rest.length === 0 || !said.some((word) => [...CONNECTION, 'local'].some((name) => has([word], `--${name}`))))
    return words
  const end = rest.indexOf('--')
  return end < 0 ? [...rest, ...said] : [...rest.slice(0, end), ...said, ...rest.slice(end)]
}
