// Builds the web pages when they are missing or older than what they are made from.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sourceHash } from './ui-sources.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

function isFresh() {
  try {
    return readFileSync(`${root}ui/dist/bundle.json`, 'utf8').startsWith(`{"source":"${sourceHash()}"`)
  } catch {
    return false
  }
}

if (!isFresh()) {
  const bun = `${root}node_modules/.bin/bun`
  const { status } = spawnSync(bun, ['scripts/build-ui.ts'], { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}
