import { mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { check, parse } from '../../conformance/support/check.ts'
import type { Registry } from '../../conformance/support/client.ts'
import { basic, bearer, type Headers } from './server.ts'

export interface Users {
  /** Writes the htpasswd file and returns its path. */
  file(): Promise<string>
  /** Writes it again with other users. */
  rewrite(passwords: Readonly<Record<string, string>>): Promise<void>
  basic(name: string): Headers
  remove(): Promise<void>
}

/** For a server where whoever is signed in makes a project by a first push, whatever its name. */
export const EVERYONE_CREATES = { BERTH_PROJECTS__CREATE: 'everyone' } as const

/** An htpasswd file of users by name and password; bcrypt at its cheapest, because nothing is protected by it. */
export function makeUsers(passwords: Readonly<Record<string, string>>): Users {
  let current = passwords
  const folder = mkdtempSync(join(tmpdir(), 'berth-test-'))
  const path = join(folder, 'htpasswd')
  async function write(): Promise<void> {
    const lines: string[] = []
    for (const [name, password] of Object.entries(current))
      lines.push(`${name}:${await Bun.password.hash(password, { algorithm: 'bcrypt', cost: 4 })}\n`)
    await writeFile(path, lines.join(''))
  }
  return {
    file: async () => {
      await write()
      return path
    },
    rewrite: async (others) => {
      current = others
      await write()
    },
    basic: (name) => basic(name, current[name] ?? ''),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export const Token = z.object({
  token: z.string(),
  access_token: z.string(),
  expires_in: z.number().min(60),
  issued_at: z.iso.datetime(),
  scope: z.string(),
})

/** What to send to come with a token for some scopes (separated by spaces). */
export async function tokenFor(registry: Registry, credentials: Headers, scope: string): Promise<Headers> {
  const answer = await registry.send('GET', '/token', { headers: credentials, query: { service: 'berth', scope } })
  return bearer(parse(check(answer, { status: 200 }), Token).token)
}
