import { resolve } from 'node:path'
import type { DatabasePlace } from '../metadata/open.ts'

export interface NewHomeFlags {
  readonly toDatabase?: string
  readonly toStorage?: string
}

const DATABASE = /^postgres(?:ql)?:\/\//
const STORAGE = /^(?:s3|azure|gs):\/\//

/** Where a registry is to go; what is not named stays. @throws Error with a sentence for people */
export function newHome(from: DatabasePlace, { toDatabase, toStorage }: NewHomeFlags): DatabasePlace {
  if (toDatabase === undefined && toStorage === undefined)
    throw new Error(
      'say where to: --to-database postgres://… or sqlite:FOLDER, --to-storage s3://… or file:FOLDER, or both',
    )
  const database = toDatabase === undefined ? stay(from.database, from.data) : parse(toDatabase, DATABASE, 'sqlite:')
  const storage = toStorage === undefined ? stay(from.storage, from.data) : parse(toStorage, STORAGE, 'file:')
  const { folder: data = storage.folder ?? from.data } = database
  if ((database.folder ?? data) !== (storage.folder ?? data))
    throw new Error(
      `SQLite and files lie in one data folder: the database would be in ${database.folder}, and the objects in ${storage.folder}; name both`,
    )
  return { data, database: database.url, storage: storage.url }
}

interface Part {
  readonly url?: string
  /** Absolute. */
  readonly folder?: string
}

function stay(url: string | undefined, data: string): Part {
  return url === undefined ? { folder: resolve(data) } : { url }
}

function parse(text: string, pattern: RegExp, local: 'sqlite:' | 'file:'): Part {
  if (pattern.test(text)) return { url: text }
  const folder = text.startsWith(local) ? text.slice(local.length).replace(/^\/\/(?=\/)/, '') : ''
  if (folder === '')
    throw new Error(
      local === 'sqlite:'
        ? `"${withoutPassword(text)}" is no database; write postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:FOLDER`
        : `"${text}" is no storage; write s3://BUCKET/PREFIX?…, azure://…, gs://… or file:FOLDER`,
    )
  return { folder: resolve(folder) }
}

/** The command that serves the registry there, without the password. */
export function serveCommand({ data, database, storage }: DatabasePlace): string {
  const words = ['berth', 'serve']
  if (database === undefined || storage === undefined) words.push('--data', quoted(data))
  if (database !== undefined) words.push('--database', quoted(withoutPassword(database)))
  if (storage !== undefined) words.push('--storage', quoted(storage))
  return words.join(' ')
}

function withoutPassword(text: string): string {
  return text.replace(/^([a-z]+:\/\/[^/@:]*):[^/@]*@/, '$1:PASSWORD@')
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
