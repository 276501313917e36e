import type { Command } from 'commander'
import { readSecretFile } from '../auth/secret-file.ts'
import { createEgress } from '../client/egress.ts'
import { systemClock } from '../lib/clock.ts'
import { parseExposition } from '../observability/exposition.ts'
import { print, printTable } from './output.ts'
import { compareMoments, type Moment, type Top } from './top-view.ts'

interface TopFlags {
  readonly username?: string
  readonly passwordFile?: string
  readonly once?: boolean
  readonly json?: boolean
}

const EVERY_MS = 2000
const ONCE_MS = 1000
const MAX_BYTES = 16 * 1024 * 1024
const CLEAR = '\u001b[2J\u001b[H'
const MIB = 1024 ** 2

export function addTopCommand(program: Command): void {
  program
    .command('top [url]')
    .description('Watch a server at work, by its /metrics: requests, routes, bytes (default http://127.0.0.1:5000).')
    .option('--username <name>', 'sign in by this name; on the same machine nobody need')
    .option('--password-file <file>', 'file that holds the password')
    .option('--once', 'look for one second, print, and end')
    .option('--json', 'print as JSON, a line a look')
    .action(async (url: string | undefined, flags: TopFlags) => watch(url ?? 'http://127.0.0.1:5000', flags))
}

async function watch(url: string, flags: TopFlags): Promise<void> {
  const look = lookAt(new URL(url).origin, flags)
  let before = await look()
  for (;;) {
    await systemClock.sleep(flags.once === true ? ONCE_MS : EVERY_MS)
    const after = await look()
    const top = compareMoments(before, after)
    if (flags.json === true) print(JSON.stringify(top))
    else show(url, top, flags.once !== true && process.stdout.isTTY)
    if (flags.once === true) return
    before = after
  }
}

function lookAt(origin: string, { username, passwordFile }: TopFlags): () => Promise<Moment> {
  const egress = createEgress({ origin, maxBodyBytes: MAX_BYTES })
  const password = passwordFile === undefined ? '' : readSecretFile(passwordFile)
  const proof = username === undefined ? undefined : Buffer.from(`${username}:${password}`).toString('base64')
  const headers: Record<string, string> = proof === undefined ? {} : { authorization: `Basic ${proof}` }
  return async () => {
    const response = await egress(`${origin}/metrics`, { headers })
    if (!response.ok)
      throw new Error(`${origin}/metrics answered with ${response.status}: sign in with --username and --password-file`)
    return { at: performance.now(), samples: parseExposition(await response.text()) }
  }
}

function show(url: string, top: Top, clear: boolean): void {
  if (clear) process.stdout.write(CLEAR)
  const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`
  print(`${url}  ${top.requestsPerSecond}/s, ${top.meanMs} ms on average, ${top.inFlight} in progress`)
  print(`sent ${mib(top.sentPerSecond)}/s, received ${mib(top.receivedPerSecond)}/s, ${top.uploads} uploads`)
  print(
    `${top.storageRequestsPerSecond}/s to the object store, ${top.waitingWriters} writers wait, ${mib(top.residentBytes)} of memory`,
  )
  printTable([
    ['METHOD', 'ROUTE', 'PER SECOND', 'MS'],
    ...top.routes.map((route) => [route.method, route.handler, `${route.perSecond}`, `${route.meanMs}`]),
  ])
}
