import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { environment } from '../config/environment.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { RunProgram } from '../lib/run-program.ts'

/** The machine and account that a command for people works on. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly platform: string
  readonly run: RunProgram
  readonly clock: Clock
  /** For people. */
  readonly say: (text: string) => void
  /** For people, where a program reads what is said. */
  readonly warn: (text: string) => void
}

export function surroundings(): Surroundings {
  return {
    environment,
    home: homedir(),
    platform: process.platform,
    run: async (...call) => (await import('../lib/run-program.ts')).runProgram(...call),
    clock: systemClock,
    say: (text) => void process.stdout.write(`${text}\n`),
    warn: (text) => void process.stderr.write(`${text}\n`),
  }
}

/** The folders in which programs are found. */
export function programFolders({ environment: { PATH = '' } }: Surroundings): string[] {
  return PATH.split(delimiter).filter((folder) => folder.startsWith('/'))
}

export function configFolder({ environment: { XDG_CONFIG_HOME }, home }: Surroundings): string {
  const base = XDG_CONFIG_HOME?.startsWith('/') ? XDG_CONFIG_HOME : join(home, '.config')
  return join(base, 'berth')
}
