/** Notation's words (trust policy specification, "Signature Verification details"). */
export const LEVELS = ['strict', 'permissive', 'audit'] as const
export type Level = (typeof LEVELS)[number]

/** What is looked at besides the integrity, which every level enforces. */
export type Validation = 'authenticity' | 'authenticTimestamp' | 'expiry' | 'revocation'

/** `log`: it is looked at and said, and does not decide. */
export type Action = 'enforce' | 'log' | 'skip'

export type Actions = Readonly<Record<Validation, Action>>

const ACTIONS: Readonly<Record<Level, Actions>> = {
  strict: { authenticity: 'enforce', authenticTimestamp: 'enforce', expiry: 'enforce', revocation: 'enforce' },
  permissive: { authenticity: 'enforce', authenticTimestamp: 'log', expiry: 'log', revocation: 'log' },
  audit: { authenticity: 'log', authenticTimestamp: 'log', expiry: 'log', revocation: 'log' },
}

/** What may be said differently from the level. */
export type Override = { readonly [name in Validation]?: Action | undefined }

export function actionsOf(level: Level, override: Override = {}): Actions {
  const actions = ACTIONS[level]
  return {
    authenticity: override.authenticity ?? actions.authenticity,
    authenticTimestamp: override.authenticTimestamp ?? actions.authenticTimestamp,
    expiry: override.expiry ?? actions.expiry,
    revocation: override.revocation ?? actions.revocation,
  }
}
