import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, chmod, mkdir, open, readFile, realpath, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The text of a file in somebody's home; undefined when there is none. */
export async function readUserFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/**
 * Replaces a file whole or not at all. One that was there keeps its mode, and a link to it stays a link; a new one is
 * for its owner only unless `newMode` says otherwise, and so are the folders that it needs.
 */
export async function writeUserFile(path: string, text: string, newMode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const target = (await unlessMissing(realpath(path))) ?? path
  const mode = ((await unlessMissing(stat(target)))?.mode ?? newMode) & 0o777
  await replace(target, text, mode)
}

/** The same for what holds secrets: whatever it was before, it is for its owner only. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await chmod(dirname(path), 0o700)
  await replace(path, text, 0o600)
}

/** A script that everybody may run. */
export async function writeProgram(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await replace(path, text, 0o755)
}

/** A second name for a program; a link that was there is replaced. */
export async function linkProgram(path: string, program: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  const temporary = temporaryName(path)
  await symlink(program, temporary)
  await rename(temporary, path)
}

export async function isWritableFolder(path: string): Promise<boolean> {
  return (await isAllowed(path, constants.W_OK | constants.X_OK)) && (await stat(path)).isDirectory()
}

/** The first file of that name in these folders that may be run. */
export async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name)
    if ((await isAllowed(path, constants.X_OK)) && (await stat(path)).isFile()) return path
  }
  return undefined
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  const temporary = temporaryName(path)
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.chmod(mode)
    await file.sync()
    await file.close()
    await rename(temporary, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(temporary, { force: true })
    throw error
  }
}

/** In the same folder, so that it can take the file's place in one step. */
function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`
}

async function isAllowed(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
