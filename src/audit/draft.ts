import type { AuditEntry } from '../events/recorder.ts'
import type { AuditRow } from './chain.ts'
import { DETAIL_BYTES, detailText } from './detail.ts'

/** A row that has no place in the chain yet. */
export type Draft = Omit<AuditRow, 'id' | 'at' | 'hash'>

const NAME_CHARACTERS = 300
const TARGET_CHARACTERS = 1024

/** `onSecret` learns the keys that look like a secret's; they are left out. */
export function toDraft(
  { actor, action, target, outcome, detail }: AuditEntry,
  onSecret: (key: string) => void,
): Draft {
  return {
    actor: sound(actor.id, NAME_CHARACTERS),
    actor_name: sound(actor.name, NAME_CHARACTERS),
    address: sound(actor.address, NAME_CHARACTERS),
    action: sound(action, NAME_CHARACTERS),
    target: sound(target, TARGET_CHARACTERS),
    outcome,
    detail: detail === undefined ? '{}' : detailText(detail, onSecret),
  }
}

/** Half a surrogate pair does not survive the database, and PostgreSQL refuses NUL; what changes breaks the chain. */
function sound(text: string, characters: number): string {
  return text.slice(0, characters).toWellFormed().replaceAll('\0', '\ufffd')
}

/** The fields in this order as a JSON array. */
export function serialiseDraft({ actor, actor_name, address, action, target, outcome, detail }: Draft): string {
  return JSON.stringify([actor, actor_name, address, action, target, outcome, detail])
}

const FIELDS = 7

/** A text that is none of ours, put there by hand or by another version, is no reason to stop: the row has it. */
export function parseDraft(text: string): Draft {
  const fields = textsOf(text)
  if (fields === undefined) return unreadable(text)
  const [actor = '', actor_name = '', address = '', action = '', target = '', outcome = '', detail = ''] = fields
  return { actor, actor_name, address, action, target, outcome, detail }
}

function textsOf(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isTexts(value) && value.length === FIELDS ? value : undefined
  } catch {
    return undefined
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((field) => typeof field === 'string')
}

function unreadable(text: string): Draft {
  return {
    actor: 'system',
    actor_name: 'audit',
    address: '',
    action: 'audit.unreadable',
    target: 'audit',
    outcome: 'done',
    detail: JSON.stringify({ draft: sound(text, DETAIL_BYTES / 8) }),
  }
}
