import { join } from 'node:path'
import {
  type Contestant,
  type StartOptions,
  startBerth,
  startDistribution,
  startPeer,
  startZot,
} from './contestants.ts'
import type { Lab } from './lab.ts'
import { startNginx } from './nginx.ts'
import type { Server } from './server.ts'

/** Starts a contestant on a folder of its own, for the rows that fill, restart or kill it. */
export function startFresh(lab: Lab, who: Contestant, options: StartOptions): Promise<Server> {
  if (who === 'nginx') return startNginx(options, lab.data.filesDir)
  if (who === 'peer') return startPeer(options)
  if (who === 'distribution') return startDistribution(options)
  return who === 'zot' ? startZot(options, { commit: true }) : startBerth(options)
}

/** Runs something against fresh servers of these contestants, and removes them and all they stored afterwards. */
export async function withFresh<Outcome>(
  lab: Lab,
  contestants: readonly Contestant[],
  use: (server: (who: Contestant) => Server) => Promise<Outcome>,
  options: Omit<StartOptions, 'dir'> = {},
): Promise<Outcome> {
  const servers = new Map<Contestant, Server>()
  try {
    for (const who of contestants) {
      const dir = lab.scratch(join('fresh', who))
      servers.set(who, await startFresh(lab, who, { ...options, dir }))
    }
    return await use((who) => {
      const server = servers.get(who)
      if (server === undefined) throw new Error(`${who} was not started`)
      return server
    })
  } finally {
    for (const server of servers.values()) await server.stop()
    lab.scratch('fresh')
  }
}
