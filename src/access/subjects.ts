import { ensureGroup, findGroup, findGroupById, isExternalGroup, parseGroupName } from '../auth/group-store.ts'
import { findRobot, findRobotById } from '../auth/robot-store.ts'
import { findUser, findUserById } from '../auth/user-store.ts'
import { Problem } from '../lib/problem.ts'
import type { Executor, Transaction } from '../metadata/db.ts'

/**
 * `user:NAME`, `group:NAME` or `robot:NAME` as grants store it, by id. A provider's group may be named before anybody
 * in it has signed in. @throws Problem
 */
export async function findSubject(tx: Transaction, text: string, now: Date): Promise<string> {
  const colon = text.indexOf(':')
  const kind = text.slice(0, colon)
  const name = text.slice(colon + 1)
  if (kind === 'group') return `group:${await findOrNameGroup(tx, name, now)}`
  if (kind === 'user' || kind === 'robot') {
    const found = kind === 'user' ? await findUser(tx, name) : await findRobot(tx, name)
    if (found !== undefined) return `${kind}:${found.id}`
    const hint = kind === 'robot' && !name.startsWith('robot.') ? '; a robot’s name is robot.PROJECT.NAME' : ''
    throw new Problem('not-found', `there is no ${kind} "${name.slice(0, 100)}"${hint}`)
  }
  throw new Problem('invalid', `"${text.slice(0, 100)}" is not user:NAME, group:NAME or robot:NAME`)
}

async function findOrNameGroup(tx: Transaction, text: string, now: Date): Promise<number> {
  const name = parseGroupName(text)
  if (isExternalGroup(name)) return ensureGroup(tx, name, now)
  const found = await findGroup(tx, name)
  if (found === undefined) throw new Problem('not-found', `there is no group "${name}"`)
  return found.id
}

/** The other way round, for people to read. */
export async function nameOfSubject(executor: Executor, subject: string): Promise<string> {
  const colon = subject.indexOf(':')
  const kind = subject.slice(0, colon)
  const id = subject.slice(colon + 1)
  const found = await findById(executor, kind, id)
  return `${kind}:${found?.name ?? '(gone)'}`
}

async function findById(executor: Executor, kind: string, id: string): Promise<{ readonly name: string } | undefined> {
  if (kind === 'user') return findUserById(executor, id)
  if (kind === 'robot') return findRobotById(executor, id)
  return findGroupById(executor, Number(id))
}
