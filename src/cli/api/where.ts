import { UsageError } from '../exit-codes.ts'
import type { Surroundings } from '../user-surroundings.ts'
import { has, valueAfter } from './place-words.ts'
import { type Profile, profileNamed, readProfiles } from './profiles.ts'

/** Which name the data of this machine. */
const DATA = ['config', 'data', 'database', 'storage']

export interface Where extends Profile {
  /** It was said on this command line, and not before. */
  readonly isSaid: boolean
}

/**
 * The server that a command works on; undefined: the data of this machine. What the command line says counts most, then
 * the environment, then the profile in use; who names a folder or a configuration means this machine.
 */
export async function findWhere(here: Surroundings, words: readonly string[]): Promise<Where | undefined> {
  const [server, profile] = ['server', 'profile'].map((name) => valueAfter(words, name))
  const saysData = DATA.find((name) => has(words, `--${name}`))
  if (server !== undefined || profile !== undefined) {
    if (server !== undefined && profile !== undefined) throw new UsageError('say --server or --profile, not both')
    if (saysData !== undefined || has(words, '--local'))
      throw new UsageError(
        `--${saysData ?? 'local'} is about this machine, and --server about another: say one of them`,
      )
    return { ...(await named(here, server, profile)), isSaid: true }
  }
  if (saysData !== undefined || has(words, '--local')) return undefined
  const { BERTH_SERVER = '', BERTH_PROFILE = '' } = here.environment
  if (BERTH_SERVER !== '') return { server: BERTH_SERVER, isSaid: false }
  const profiles = await readProfiles(here)
  const chosen = BERTH_PROFILE === '' ? profiles.current : BERTH_PROFILE
  return chosen === undefined ? undefined : { ...profileNamed(profiles, chosen), isSaid: false }
}

async function named(here: Surroundings, server: string | undefined, profile: string | undefined): Promise<Profile> {
  if (server !== undefined) return { server }
  return profileNamed(await readProfiles(here), profile ?? '')
}
