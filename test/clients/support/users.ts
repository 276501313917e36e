import { writeFile } from 'node:fs/promises'
import { program } from './clients.ts'
import { must } from './command.ts'
import type { Folder } from './folder.ts'
import type { Credentials } from './raw.ts'

/** The one user of every server that has users. */
export const ALICE: Credentials = { username: 'alice', password: 'a long: pass/word' }

/** `alice:PASSWORD`, as command lines take it. */
export const ALICE_PAIR = `${ALICE.username}:${ALICE.password}`

/** Arguments for a server that knows Alice from a file made by htpasswd, and lets her make projects of any name. */
export async function withUsers(folder: Folder, ...more: readonly string[]): Promise<readonly string[]> {
  const [config, path] = [folder.at('users.yaml'), folder.at('htpasswd')]
  await writeFile(config, JSON.stringify({ auth: { htpasswd: { path } }, projects: { create: 'everyone' } }))
  await writeFile(path, await must([program('htpasswd'), '-nbB', '-C', '5', ALICE.username, ALICE.password]))
  return ['--config', config, ...more]
}
