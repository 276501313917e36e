import { join } from 'node:path'
import { z } from 'zod'
import { findProgram, readUserFile, writeSecretFile } from '../lib/user-files.ts'
import { Credential, type CredentialStore } from './credential.ts'
import { libsecret, macKeychain } from './keychain.ts'
import { configFolder, programFolders, type Surroundings } from './user-surroundings.ts'

const Credentials = z.record(z.string(), Credential)

/** Readable for whoever may read the account's files: for machines that have no keychain. */
export function fileStore(path: string): CredentialStore {
  const read = async (): Promise<Record<string, Credential>> => {
    const text = await readUserFile(path)
    if (text === undefined) return {}
    try {
      return Credentials.parse(JSON.parse(text))
    } catch {
      throw new Error(`${path} is damaged; remove it and sign in again`)
    }
  }
  const write = (all: Record<string, Credential>) => writeSecretFile(path, `${JSON.stringify(all, undefined, 2)}\n`)
  return {
    name: path,
    find: async (server) => {
      const all = await read()
      return Object.hasOwn(all, server) ? all[server] : undefined
    },
    store: async (server, { Username, Secret }) => write({ ...(await read()), [server]: { Username, Secret } }),
    erase: async (server) => {
      const { [server]: gone, ...rest } = await read()
      if (gone !== undefined) await write(rest)
    },
    list: async () => Object.fromEntries(Object.entries(await read()).map(([key, { Username }]) => [key, Username])),
  }
}

/**
 * The system's keychain where there is one, and a file. What a keychain will not keep (it is locked, or nobody is there
 * to unlock it) goes into the file, and the warning says so.
 */
export async function openCredentialStore(here: Surroundings): Promise<CredentialStore> {
  const file = fileStore(join(configFolder(here), 'credentials.json'))
  const keychain = await findKeychain(here)
  return keychain === undefined ? fileOnly(file, here) : both(keychain, file, here)
}

async function findKeychain(here: Surroundings): Promise<CredentialStore | undefined> {
  const find = (name: string) => findProgram(name, programFolders(here))
  if (here.platform === 'darwin') {
    const security = await find('security')
    return security === undefined ? undefined : macKeychain(security, here.run)
  }
  // Without a session there is nobody to ask.
  if ((here.environment.DBUS_SESSION_BUS_ADDRESS ?? '') === '') return undefined
  const secretTool = await find('secret-tool')
  return secretTool === undefined ? undefined : libsecret(secretTool, here.run)
}

function fileOnly(file: CredentialStore, here: Surroundings): CredentialStore {
  return {
    ...file,
    store: async (server, credential) => {
      await file.store(server, credential)
      here.warn(`There is no keychain here, so the secret is in ${file.name}, which only you may read.`)
    },
  }
}

function both(keychain: CredentialStore, file: CredentialStore, here: Surroundings): CredentialStore {
  return {
    name: keychain.name,
    find: async (server) => (await keychain.find(server)) ?? file.find(server),
    store: async (server, credential) => {
      try {
        await keychain.store(server, credential)
        await file.erase(server)
      } catch {
        await file.store(server, credential)
        here.warn(`${keychain.name} would not keep the secret, so it is in ${file.name}, which only you may read.`)
      }
    },
    erase: async (server) => {
      await keychain.erase(server)
      await file.erase(server)
    },
    list: async () => ({ ...(await file.list()), ...(await keychain.list()) }),
  }
}
