import { basename, join } from 'node:path'
import { findProgram, isWritableFolder, linkProgram, writeProgram } from '../lib/user-files.ts'
import { programFolders, type Surroundings } from './user-surroundings.ts'

/** Docker looks for a program of this name when its configuration says `berth`. */
export const HELPER_PROGRAM = 'docker-credential-berth'

/**
 * The arguments that the program was started with; under the name of docker's credential helper they are those of
 * `berth docker-credential`.
 */
export function commandFromName(argv: readonly string[], argv0: string): string[] {
  const [runtime = '', script = '', ...rest] = argv
  const named = [argv0, script].some((path) => basename(path) === HELPER_PROGRAM)
  return named ? [runtime, script, 'docker-credential', ...rest] : [...argv]
}

/** How this very program is started again. */
export interface Self {
  readonly execPath: string
  /** Of the source; undefined for the single file, which needs none. */
  readonly script: string | undefined
}

export function self(): Self {
  const [, script = ''] = process.argv
  // Where Bun keeps what was compiled into a single file.
  const compiled = script.startsWith('/$bunfs/') || script.startsWith('B:\\~BUN\\')
  return { execPath: process.execPath, script: compiled ? undefined : script }
}

/**
 * Puts the helper where docker finds it, unless it does already. Says what it did, or what is left to do.
 */
export async function installHelper(here: Surroundings, { execPath, script }: Self): Promise<void> {
  const found = await findProgram(HELPER_PROGRAM, programFolders(here))
  if (found !== undefined) return
  const folder = await helperFolder(here)
  const path = join(folder.path, HELPER_PROGRAM)
  if (script === undefined) await linkProgram(path, execPath)
  else await writeProgram(path, `#!/bin/sh\nexec ${quoted(execPath)} ${quoted(script)} docker-credential "$@"\n`)
  here.say(`Docker's credential helper was written to ${path}.`)
  if (!folder.inPath)
    here.warn(
      `Docker finds it only when ${folder.path} is in PATH; add it, for example: export PATH="${folder.path}:$PATH"`,
    )
}

/** A folder of the user's own before one of the system's; never one where the system's own programs are. */
async function helperFolder(here: Surroundings): Promise<{ path: string; inPath: boolean }> {
  const folders = programFolders(here)
  const own = join(here.home, '.local', 'bin')
  for (const path of [own, join(here.home, 'bin'), '/usr/local/bin'])
    if (folders.includes(path) && (await isWritableFolder(path))) return { path, inPath: true }
  return { path: own, inPath: folders.includes(own) }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
