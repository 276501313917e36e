import { join } from 'node:path'
import { z } from 'zod'
import { readUserFile, writeUserFile } from '../lib/user-files.ts'
import type { Surroundings } from './user-surroundings.ts'

const HELPER = 'berth'

/** What docker reads: only the part that is ours to change; everything else stays as it is. */
const DockerConfig = z.looseObject({ credHelpers: z.record(z.string(), z.unknown()).optional() })

export function dockerConfigPath({ environment: { DOCKER_CONFIG = '' }, home }: Surroundings): string {
  return join(DOCKER_CONFIG === '' ? join(home, '.docker') : DOCKER_CONFIG, 'config.json')
}

/** Makes docker ask `docker-credential-berth` for this registry. @throws Error when the file is not what docker writes */
export async function useHelper(path: string, host: string): Promise<void> {
  const config = await read(path)
  if (config.credHelpers?.[host] === HELPER) return
  await write(path, { ...config, credHelpers: { ...config.credHelpers, [host]: HELPER } })
}

/** Only where it asks ours. Returns whether it did. */
export async function forgetHelper(path: string, host: string): Promise<boolean> {
  const config = await read(path)
  const { [host]: helper, ...credHelpers } = config.credHelpers ?? {}
  if (helper !== HELPER) return false
  const { credHelpers: _, ...rest } = config
  await write(path, Object.keys(credHelpers).length === 0 ? rest : { ...rest, credHelpers })
  return true
}

async function read(path: string): Promise<z.infer<typeof DockerConfig>> {
  const text = (await readUserFile(path)) ?? ''
  try {
    return DockerConfig.parse(text.trim() === '' ? {} : JSON.parse(text))
  } catch {
    throw new Error(`${path} is not a configuration of docker; it was left as it is`)
  }
}

/** As docker formats it. */
function write(path: string, config: object): Promise<void> {
  return writeUserFile(path, `${JSON.stringify(config, undefined, '\t')}\n`)
}
