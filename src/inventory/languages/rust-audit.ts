import { inflateSync } from 'node:zlib'
import { isObject } from '../../oci/strict-json.ts'
import type { Package } from '../../packages/package.ts'
import { eachOnce, soundPackage } from './sound.ts'
import { NotUnderstood, parseJsonObject } from './text.ts'

/** Where cargo-auditable writes its list; Windows has room for eight letters. */
export const RUST_SECTIONS = ['.dep-v0']
/** As cargo-auditable itself reads at most. */
const MAX_BYTES = 8 * 1024 * 1024

/** https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md */
export function rustCrates(section: Uint8Array, maxCrates: number): { packages: readonly Package[]; refused: number } {
  const { packages } = parseJsonObject(unpack(section), MAX_BYTES)
  if (!Array.isArray(packages)) throw new NotUnderstood("lists no crates in cargo-auditable's section")
  const run = packages.slice(0, maxCrates).filter((one) => !(isObject(one) && one.kind === 'build'))
  const found = run
    .map((one: unknown) => (isObject(one) ? soundPackage('cargo', one.name, one.version) : undefined))
    .filter((one) => one !== undefined)
  return { packages: eachOnce(found), refused: run.length - found.length + Math.max(0, packages.length - maxCrates) }
}

function unpack(section: Uint8Array): Uint8Array {
  try {
    return inflateSync(section, { maxOutputLength: MAX_BYTES })
  } catch {
    throw new NotUnderstood("has a broken list in cargo-auditable's section")
  }
}
