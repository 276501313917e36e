import type { AuditRow } from './chain.ts'
import { toRecord } from './list.ts'

/** 13: log audit (RFC 5424 §6.2.1). */
const FACILITY = 13
const SEVERITIES = { notice: 5, warning: 4 }
/** The number that no enterprise has or gets (RFC 5612): we have none of our own. */
const SD_ID = 'audit@32473'
const SD_VALUE_CHARACTERS = 255

/**
 * RFC 5424 §6: header, the row's fields as structured data, and the whole row as JSON. The JSON is ASCII, so it is
 * MSG-ANY (§6.4) and needs no byte order mark, which programs that read JSON stumble over.
 */
export function syslogMessage(row: AuditRow, hostname: string): string {
  const severity = row.outcome === 'refused' ? SEVERITIES.warning : SEVERITIES.notice
  const record = toRecord(row)
  const header = [
    `<${FACILITY * 8 + severity}>1`,
    timestamp(row.at),
    headerText(hostname, 255),
    'berth',
    '-',
    headerText(row.action, 32),
  ]
  const fields = {
    id: String(row.id),
    actor: row.actor,
    name: row.actor_name,
    address: row.address,
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    hash: row.hash,
  }
  return `${header.join(' ')} ${structuredData(fields)} ${asciiJson(record)}`
}

/** §6.2.3; NILVALUE for what is no time. */
function timestamp(at: number): string {
  const time = new Date(at)
  return Number.isNaN(time.getTime()) ? '-' : time.toISOString()
}

/** PRINTUSASCII (§6), or NILVALUE. */
function headerText(text: string, characters: number): string {
  return text.replace(/[^\x21-\x7e]/g, '_').slice(0, characters) || '-'
}

/**
 * §6.3.3: a quotation mark, a backslash and a closing bracket get a backslash before them. Control characters become
 * spaces, because receivers that read lines would take what follows for another message.
 */
function structuredData(fields: Readonly<Record<string, string>>): string {
  const parameters = Object.entries(fields).map(
    ([name, value]) =>
      `${name}="${value
        .slice(0, SD_VALUE_CHARACTERS)
        .toWellFormed()
        .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
        .replace(/["\\\]]/g, '\\$&')}"`,
  )
  return `[${SD_ID} ${parameters.join(' ')}]`
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
