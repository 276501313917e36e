import { describe, test } from 'bun:test'
import { setDefaultTimeout } from 'bun:test'
import { GO_BIN } from './cache.ts'
import { GO_CLIENTS, ON_REQUEST } from './go-clients.ts'

const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:${GO_BIN}`

/** The full path of a program, or undefined where there is none. */
export const which = (name: string): string | undefined => Bun.which(name, { PATH }) ?? undefined

/** The full path of a program that the suite around it has asked for. */
export function program(name: string): string {
  const path = which(name)
  if (path === undefined) throw new Error(`${name} is not installed`)
  return path
}

/**
 * The tests of one client. Where a program they need is missing they are skipped, with its name;
 * in CI (`CI=true`) that is a failure, except for a Go module on a machine with no Go toolchain, or one that is built on
 * request only.
 */
export function describeClient(title: string, programs: readonly string[], tests: () => void): void {
  setDefaultTimeout(240_000)
  const missing = programs.filter((name) => which(name) === undefined)
  if (missing.length === 0) {
    describe(title, tests)
    return
  }
  const reason = `${title}: ${missing.map(whyMissing).join('; ')}`
  test.skipIf(!failsHere(missing))(reason, () => {
    throw new Error(reason)
  })
}

const isGoModule = (name: string) => Object.hasOwn({ ...GO_CLIENTS, ...ON_REQUEST }, name)

/** What is built on request only is missing from most machines. */
const mustBeHere = (name: string) =>
  !Object.hasOwn(ON_REQUEST, name) && (!isGoModule(name) || which('go') !== undefined)

const failsHere = (missing: readonly string[]) => process.env.CI === 'true' && missing.some(mustBeHere)

function whyMissing(name: string): string {
  if (!isGoModule(name)) return `${name} is not installed`
  if (which('go') === undefined) return `${name} is not installed, and there is no Go toolchain to build it with`
  return `${name} is not built: run \`bun test/clients/support/go-clients.ts ${name}\``
}
