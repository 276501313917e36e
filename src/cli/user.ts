import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { addUser, listUsers, prepareUser, removeUser, setPasswordHash } from '../auth/user-store.ts'
import { systemClock } from '../lib/clock.ts'
import { hashPassword } from '../lib/password.ts'
import type { Database } from '../metadata/db.ts'
import { openSqlite } from '../metadata/sqlite.ts'
import { ensureFolder } from '../storage/filesystem.ts'
import { requireRegistry } from './usable.ts'

/** The commands work on the data folder, so they work whether or not the server runs. */
async function withDatabase<T>(data: string, work: (database: Database) => Promise<T>): Promise<T> {
  const path = join(resolve(data), 'berth.db')
  const database = await openSqlite({ path, clock: systemClock, onBroken: () => undefined })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

export async function addUserCommand(data: string, name: string, password: string): Promise<void> {
  const user = await prepareUser({ name, password, administrator: false })
  ensureFolder(resolve(data))
  await withDatabase(data, (database) => database.write((tx) => addUser(tx, user, systemClock.now())))
  process.stdout.write(`User "${name}" was added. Sign in with: docker login HOST -u ${name}\n`)
}

export async function changePasswordCommand(data: string, name: string, password: string): Promise<void> {
  requireRegistry(data)
  const hash = await hashPassword(password)
  const found = await withDatabase(data, (database) => database.write((tx) => setPasswordHash(tx, name, hash)))
  if (!found) throw new Error(`there is no user "${name}"`)
  process.stdout.write(`The password of "${name}" was changed.\n`)
}

export async function removeUserCommand(data: string, name: string): Promise<void> {
  requireRegistry(data)
  const found = await withDatabase(data, (database) => database.write((tx) => removeUser(tx, name)))
  if (!found) throw new Error(`there is no user "${name}"`)
  process.stdout.write(`User "${name}" was removed. Tokens issued before end within 5 minutes.\n`)
}

export async function listUsersCommand(data: string): Promise<void> {
  requireRegistry(data)
  const users = await withDatabase(data, (database) => listUsers(database.reader))
  for (const { name, administrator } of users)
    process.stdout.write(`${name}${administrator ? ' (administrator)' : ''}\n`)
}

/** From a terminal without showing it, or the first line of standard input. */
export async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY
    ? await promptHidden('Password: ')
    : ((await text(process.stdin)).split('\n')[0] ?? '')
  if (password === '') throw new Error('the password is empty; type one, or pipe it in')
  return password
}

async function promptHidden(question: string): Promise<string> {
  process.stderr.write(question)
  process.stdin.setRawMode(true)
  let typed = ''
  for await (const chunk of process.stdin) {
    for (const character of String(chunk)) {
      if (character === '\r' || character === '\n') {
        process.stdin.setRawMode(false)
        process.stderr.write('\n')
        return typed
      }
      if (character === '\u0003') process.exit(130)
      typed = character === '\u007f' ? typed.slice(0, -1) : typed + character
    }
  }
  return typed
}
