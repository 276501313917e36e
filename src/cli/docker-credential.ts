import { z } from 'zod'
import { VERSION } from '../lib/version.ts'
import { type CredentialStore, serverKey } from './credential.ts'

/** Docker tells this text from every other problem. */
const NOT_FOUND = 'credentials not found in native keychain'
const Stored = z.object({ ServerURL: z.string(), Username: z.string(), Secret: z.string() })

export interface HelperAnswer {
  readonly code: number
  /** For standard output, where docker reads problems, too. */
  readonly output: string
}

/** The protocol of docker-credential-helpers: a word as argument, standard input, standard output. */
export async function answerDocker(store: CredentialStore, action: string, input: string): Promise<HelperAnswer> {
  try {
    return await answer(store, action, input)
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}

function answer(store: CredentialStore, action: string, input: string): Promise<HelperAnswer> | HelperAnswer {
  switch (action) {
    case 'get':
      return get(store, input)
    case 'store':
      return keep(store, input)
    case 'erase':
      return erase(store, input)
    case 'list':
      return list(store)
    case 'version':
      return { code: 0, output: `docker-credential-berth ${VERSION}\n` }
    default:
      return failed(`unknown action "${action}"; docker says get, store, erase, list or version`)
  }
}

async function get(store: CredentialStore, input: string): Promise<HelperAnswer> {
  const server = serverKey(input)
  if (server === '') return failed('no credentials server URL')
  const found = await store.find(server)
  if (found === undefined) return failed(NOT_FOUND)
  const { Username, Secret } = found
  return { code: 0, output: `${JSON.stringify({ ServerURL: input.trim(), Username, Secret })}\n` }
}

async function keep(store: CredentialStore, input: string): Promise<HelperAnswer> {
  const { ServerURL, Username, Secret } = parseStored(input)
  const server = serverKey(ServerURL)
  if (server === '') return failed('no credentials server URL')
  if (Username === '') return failed('no credentials username')
  await store.store(server, { Username, Secret })
  return { code: 0, output: '' }
}

/** What `JSON.parse` says of it would show the secret. */
function parseStored(input: string): z.infer<typeof Stored> {
  try {
    return Stored.parse(JSON.parse(input))
  } catch {
    throw new Error('standard input is not {"ServerURL", "Username", "Secret"}')
  }
}

async function erase(store: CredentialStore, input: string): Promise<HelperAnswer> {
  const server = serverKey(input)
  if (server === '') return failed('no credentials server URL')
  await store.erase(server)
  return { code: 0, output: '' }
}

async function list(store: CredentialStore): Promise<HelperAnswer> {
  return { code: 0, output: `${JSON.stringify(await store.list())}\n` }
}

function failed(output: string): HelperAnswer {
  return { code: 1, output: `${output}\n` }
}
