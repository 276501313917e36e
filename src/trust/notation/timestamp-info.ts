import { at, bytesOf, type Der, partsOf, readDer } from './der.ts'
import { MAX_TIMESTAMP_BYTES } from './envelope.ts'
import { digestOf, hashOf } from './hashes.ts'
import { refuse } from './refusal.ts'

/** A time with the accuracy that its authority gives it. */
export interface StampedTime {
  readonly earliest: Date
  readonly at: Date
  readonly latest: Date
}

/** ETSI's baseline time-stamp policy: one second, where nothing is said (RFC 3628 §5.2). */
const BASELINE_POLICY = '0.4.0.2023.1.1'
const BASELINE_ACCURACY_MS = 1000

/** TSTInfo of RFC 3161. @throws Refusal unless it is about these bytes */
export function parseStampInfo(info: Uint8Array, stamped: Uint8Array): StampedTime {
  const parts = partsOf(readDer('the time', info, MAX_TIMESTAMP_BYTES))
  if (at(parts, 0).toInteger() !== 1n) refuse('the time stamp is of an unknown version')
  const imprint = partsOf(at(parts, 2))
  const hash = hashOf(imprint[0]) ?? refuse('the time stamp is over a SHA-1, or over an unknown hash')
  if (!bytesOf(imprint[1]).equals(digestOf(hash, stamped))) refuse('the time stamp is of something else')
  const moment = momentOf(at(parts, 4))
  const accuracy = accuracyOf(at(parts, 1), parts.slice(5))
  return {
    earliest: new Date(Math.floor(moment - accuracy)),
    at: new Date(Math.floor(moment)),
    latest: new Date(Math.ceil(moment + accuracy)),
  }
}

/** GeneralizedTime in UTC, with any number of digits after the second. Milliseconds since 1970. */
function momentOf({ tag, value }: Der): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,20})?Z$/.exec(value.toString('latin1'))
  if (!tag.isGeneralizedTime() || match === null) refuse('the time stamp has no time')
  const [, year, month, day, hour, minute, second, fraction = '.0'] = match
  const moment = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(moment)
    ? refuse('the time stamp has a time that does not exist')
    : moment + Number(fraction) * 1000
}

function accuracyOf(policy: Der, rest: readonly Der[]): number {
  // Accuracy is the only sequence there: the rest are a boolean, a number and tagged ones.
  const accuracy = rest.find(({ tag }) => tag.isUniversal() && tag.constructed)
  let milliseconds = 0
  for (const part of accuracy?.subs ?? []) milliseconds += numberOf(part) * unitOf(part)
  return milliseconds === 0 && policy.toOID() === BASELINE_POLICY ? BASELINE_ACCURACY_MS : milliseconds
}

function unitOf({ tag }: Der): number {
  if (tag.isInteger()) return 1000
  if (tag.isContextSpecific(0)) return 1
  return tag.isContextSpecific(1) ? 0.001 : refuse('the accuracy of the time stamp cannot be understood')
}

function numberOf({ value }: Der): number {
  const sign = value[0] ?? 0xff
  if (value.length > 4 || sign > 0x7f) refuse('the accuracy of the time stamp cannot be understood')
  return value.readUIntBE(0, value.length)
}
