import { InvalidArgumentError } from 'commander'
import { UsageError } from '../exit-codes.ts'
import type { Flags } from './spec.ts'

/** Of two switches that exclude each other; undefined: neither was said. @throws UsageError */
export function either(flags: Flags, yes: string, no: string): boolean | undefined {
  if (flags[yes] === true && flags[no] === true) throw new UsageError(`say --${yes} or --${no}, not both`)
  if (flags[yes] === true) return true
  return flags[no] === true ? false : undefined
}

/** The text of a flag. */
export function text(flags: Flags, name: string): string | undefined {
  const value = flags[name]
  return typeof value === 'string' ? value : undefined
}

export function number(flags: Flags, name: string): number | undefined {
  const value = flags[name]
  return typeof value === 'number' ? value : undefined
}

export function list(flags: Flags, name: string): string[] | undefined {
  const value = flags[name]
  return Array.isArray(value) ? value.map(String) : undefined
}

/** Of `NAME:TAG` and `NAME@DIGEST`. @throws UsageError */
export function imageParts(image: string): { readonly repository: string; readonly reference: string } {
  const at = image.indexOf('@')
  const colon = image.lastIndexOf(':')
  const end = at >= 0 ? at : colon > image.lastIndexOf('/') ? colon : -1
  const [repository, reference] = [image.slice(0, end), image.slice(end + 1)]
  if (end < 1 || reference === '') throw new UsageError(`"${image}" is not NAME:TAG or NAME@DIGEST`)
  return { repository, reference }
}

/** Again for each. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

export function parseCount(value: string): number {
  const count = Number(value)
  if (Number.isInteger(count) && count >= 1) return count
  throw new InvalidArgumentError('a whole number, 1 or more')
}
