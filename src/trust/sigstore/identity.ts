import { RE2JS } from 're2js'
import { Problem } from '../../lib/problem.ts'

/** Whether a certificate's identity is the one that is trusted. */
export type MatchesIdentity = (identity: string) => boolean

const MAX_PATTERN = 512
const MAX_STEPS = 2000
const MAX_IDENTITY = 2048

/**
 * The library takes an identity for a regular expression that may match anywhere in it, so `ci@example` would accept
 * `evil-ci@example.org`: this compares the whole text, in time linear in it. @throws Problem
 */
export function parseIdentity(said: {
  readonly identity?: string | undefined
  readonly identityPattern?: string | undefined
}): MatchesIdentity {
  const { identity, identityPattern } = said
  if ((identity === undefined) === (identityPattern === undefined))
    throw new Problem('invalid', 'say whose certificates are trusted: either "identity" or "identityPattern"')
  if (identity !== undefined) return (text) => text === identity
  const expression = compile(identityPattern ?? '')
  return (text) => text.length <= MAX_IDENTITY && expression.testExact(text)
}

function compile(pattern: string): RE2JS {
  if (pattern === '' || pattern.length > MAX_PATTERN)
    throw new Problem('invalid', `a pattern of identities has 1 to ${MAX_PATTERN} characters`)
  try {
    const expression = RE2JS.compile(pattern)
    if (expression.programSize() <= MAX_STEPS) return expression
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Problem('invalid', `the pattern of identities is no RE2 expression: ${why}`)
  }
  throw new Problem('invalid', 'the pattern of identities repeats too much')
}
