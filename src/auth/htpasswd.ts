import { readFileSync, statSync } from 'node:fs'
import type { IdentityProvider } from './identity-provider.ts'
import type { PasswordCheck } from './password-check.ts'

const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/

/** @throws Error naming the line: only bcrypt is safe enough, and a line that is skipped would lock somebody out */
export function parseHtpasswd(text: string): Map<string, string> {
  const entries = new Map<string, string>()
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line.trim()
    if (entry === '' || entry.startsWith('#')) continue
    const colon = entry.indexOf(':')
    const hash = entry.slice(colon + 1)
    if (colon < 1) throw new Error(`line ${index + 1} is not "name:hash"`)
    if (!BCRYPT.test(hash))
      throw new Error(`line ${index + 1}: only bcrypt hashes are accepted; make one with "htpasswd -B"`)
    entries.set(entry.slice(0, colon), hash)
  }
  return entries
}

/** @throws Error when the file cannot be read or used */
export function readHtpasswd(path: string): Map<string, string> {
  return parseHtpasswd(readFileSync(path, 'utf8'))
}

export interface HtpasswdOptions {
  readonly path: string
  readonly passwords: PasswordCheck
  /** Called when a changed file cannot be used: the entries read before stay in force. */
  readonly onProblem: (problem: string) => void
}

/** Users of an Apache htpasswd file, read again whenever it changes. @throws Error when it cannot be read at first */
export function htpasswdFile({ path, passwords, onProblem }: HtpasswdOptions): IdentityProvider {
  let version = versionOf(path)
  let entries = readHtpasswd(path)

  function refresh(): void {
    try {
      const current = versionOf(path)
      if (current === version) return
      version = current
      entries = readHtpasswd(path)
    } catch (error) {
      onProblem(`${path} was not read again: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  return {
    name: 'htpasswd',
    verify: async (username, password) => {
      refresh()
      const hash = entries.get(username)
      if (hash === undefined || !(await passwords.matches({ password, hash }))) return undefined
      return { provider: 'htpasswd', subject: username, name: username }
    },
    refresh: async (subject) => {
      refresh()
      return entries.has(subject) ? { provider: 'htpasswd', subject, name: subject } : undefined
    },
    pretend: async (username, password) => {
      const [somebodys] = entries.values()
      if (somebodys !== undefined && !entries.has(username)) await passwords.matches({ password, hash: somebodys })
    },
  }
}

function versionOf(path: string): string {
  const { mtimeMs, size, ino } = statSync(path)
  return `${mtimeMs}/${size}/${ino}`
}
