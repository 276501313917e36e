// What the web pages are made from.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Names below ui/. */
export function sourceFiles() {
  return readdirSync(`${root}ui`, { recursive: true })
    .filter((name) => /\.(tsx?|css)$/.test(name))
    .sort()
}

/** Changes with any of them, with the script that builds them, and with the packages. */
export function sourceHash() {
  const hash = createHash('sha256')
  const others = ['scripts/build-ui.ts', 'package-lock.json', 'src/client/admin/admin-client.ts']
  for (const file of [...sourceFiles().map((name) => `ui/${name}`), ...others])
    hash.update(`${file}\0`).update(readFileSync(`${root}${file}`))
  return hash.digest('hex')
}
