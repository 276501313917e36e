// Makes `npm start` and `npm test` work on a fresh clone: installs the locked dependencies when they are missing or older than the lockfile.
import { spawnSync } from 'node:child_process'
import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}/node_modules/.berth-lock`
const lock = readFileSync(`${root}/package-lock.json`, 'utf8')

function installed() {
  // Of a second worktree: what a link leads to is another's to install.
  if (lstatSync(`${root}/node_modules`, { throwIfNoEntry: false })?.isSymbolicLink()) return true
  try {
    return readFileSync(stamp, 'utf8') === lock
  } catch {
    return false
  }
}

if (!installed()) {
  process.stderr.write('Installing the locked dependencies (first start only)…\n')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(stamp, lock)
}
