import { join } from 'node:path'
import { z } from 'zod'
import { readUserFile, writeSecretFile } from '../../lib/user-files.ts'
import { configFolder, type Surroundings } from '../user-surroundings.ts'

/** A server by a name. Passwords and tokens are not in it: they are where `berth login` keeps them. */
const Profile = z.strictObject({
  server: z.string(),
  caFile: z.string().optional(),
  insecureHttp: z.boolean().optional(),
})
export type Profile = z.infer<typeof Profile>

const Profiles = z.strictObject({ current: z.string().optional(), profiles: z.record(z.string(), Profile) })
export type Profiles = z.infer<typeof Profiles>

export const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

export function profilesPath(here: Surroundings): string {
  return join(configFolder(here), 'profiles.json')
}

/** @throws Error with a sentence for people */
export async function readProfiles(here: Surroundings): Promise<Profiles> {
  const path = profilesPath(here)
  const text = await readUserFile(path)
  if (text === undefined) return { profiles: {} }
  try {
    return Profiles.parse(JSON.parse(text))
  } catch {
    throw new Error(`${path} is damaged; mend or remove it`)
  }
}

export async function writeProfiles(here: Surroundings, profiles: Profiles): Promise<void> {
  await writeSecretFile(profilesPath(here), `${JSON.stringify(profiles, undefined, 2)}\n`)
}

/** @throws Error when there is none */
export function profileNamed({ profiles }: Profiles, name: string): Profile {
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (found === undefined) throw new Error(`there is no profile "${name}"; "berth profile list" shows them`)
  return found
}
