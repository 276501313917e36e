import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const DEPLOY = new URL('../../../deploy', import.meta.url).pathname

export const readDeploy = (...names: readonly string[]): string => readFileSync(join(DEPLOY, ...names), 'utf8')

/** Every file below `deploy/`, with its text. */
export function deployFiles(): { readonly path: string; readonly text: string }[] {
  const entries = readdirSync(DEPLOY, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(DEPLOY.length + 1), text: readFileSync(path, 'utf8') }))
}
