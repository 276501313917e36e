import { WORKLOAD_PRESETS, type WorkloadPreset } from './workload-presets.ts'

/** Which tokens of an issuer are meant: all its claims match. Made by `parseRuleClaims`. */
export interface WorkloadRule {
  /** The claim's name, with dots between nested ones, and the pattern of its value. */
  readonly claims: Readonly<Record<string, string>>
}

const MAX_CLAIMS = 20
const MAX_PATTERN = 512
const CLAIM_NAME = /^[!-~]{1,255}$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/**
 * A rule from what an operator wrote, or from what was stored of it: friendly names become the issuer's own, `*` stands
 * for any characters.
 * @throws Error with a sentence for people
 */
export function parseRuleClaims(preset: WorkloadPreset, record: Readonly<Record<string, string>>): WorkloadRule {
  const written = Object.entries(record)
  if (written.length > MAX_CLAIMS) throw new Error(`a rule names at most ${MAX_CLAIMS} claims`)
  for (const [name, pattern] of written) checkClaim(name, pattern)
  const { boundaries, expand, identifies, requirement } = WORKLOAD_PRESETS[preset]
  const claims = [...expand(new Map(written))]
  for (const [name, pattern] of claims) {
    const boundary = Object.hasOwn(boundaries, name) ? boundaries[name] : undefined
    if (boundary !== undefined && !boundary.shape.test(pattern)) throw new Error(boundary.problem)
  }
  if (!claims.some(([name, pattern]) => identifies(name) && !pattern.startsWith('*'))) throw new Error(requirement)
  return { claims: Object.fromEntries(claims) }
}

/** Whether a token with these claims is meant. What a claim holds is compared as text; of a list, any element. */
export function matchesRule(rule: WorkloadRule, claims: Readonly<Record<string, unknown>>): boolean {
  const patterns = Object.entries(rule.claims)
  return patterns.length > 0 && patterns.every(([path, pattern]) => matchesValue(pattern, findClaim(claims, path)))
}

function checkClaim(name: string, pattern: string): void {
  if (!CLAIM_NAME.test(name)) throw new Error(`"${name.slice(0, 50)}" cannot be the name of a claim`)
  if (pattern === '' || pattern.length > MAX_PATTERN || CONTROL.test(pattern))
    throw new Error(`the value of "${name}" must have 1 to ${MAX_PATTERN} characters, and no control characters`)
  if (/^\*+$/.test(pattern))
    throw new Error(`the value of "${name}" matches everything; leave the claim out, or say what it begins with`)
}

/** Dots lead into nested claims, but may also stand in a name: Kubernetes has a claim that is called "kubernetes.io". */
function findClaim(claims: unknown, path: string): unknown {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return undefined
  if (Object.hasOwn(claims, path)) return (claims as Record<string, unknown>)[path]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot)
    if (!Object.hasOwn(claims, name)) continue
    const found = findClaim((claims as Record<string, unknown>)[name], path.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

function matchesValue(pattern: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((element) => !Array.isArray(element) && matchesValue(pattern, element))
  if (typeof value === 'string') return matchesText(pattern, value)
  return (typeof value === 'number' || typeof value === 'boolean') && matchesText(pattern, String(value))
}

/** Each piece between stars at the first place after the one before, which never needs a second try. */
function matchesText(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return pattern === text
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of rest) {
    const found = text.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
