import { join } from 'node:path'
import { type Account, type Accounts, makeAccounts, tokenHeaders } from '../support/accounts.ts'
import { alternate } from '../support/alternate.ts'
import { startBerth } from '../support/contestants.ts'
import { MANIFEST_TYPE, REPOSITORY } from '../support/data-set.ts'
import type { Lab } from '../support/lab.ts'
import { type RunningLoad, startLoad } from '../support/load.ts'
import { measureRequests } from '../support/requests.ts'
import type { Figure } from '../support/result.ts'
import { type Headers, pushImage } from '../support/seed.ts'
import type { Server } from '../support/server.ts'

const MANIFEST = `/v2/${REPOSITORY}/manifests/t1`
const TOKEN = `/token?service=berth&scope=repository:${REPOSITORY}:pull,push`
const ACCEPT = { Accept: MANIFEST_TYPE }
const ROW = 22

/** Row 22: what it costs to know who may do what, and what somebody can cost who may do nothing. */
export async function access(lab: Lab): Promise<void> {
  if (!lab.has(ROW, 'wrk')) return
  const dir = lab.scratch('access')
  const accounts = await makeAccounts(join(dir, 'store'), REPOSITORY)
  const server = await startBerth({ dir })
  try {
    await pushImage(server.url, lab.data.image, accounts.robot.headers)
    const headers = { ...ACCEPT, ...(await tokenHeaders(server.url, accounts.robot, TOKEN)) }
    await checks(lab, server, headers)
    await tokens(lab, server, accounts)
    await flood(lab, server, headers)
  } finally {
    await server.stop()
  }
}

/** The same manifest with a token each: where everything is open, and in a private project for a robot. */
async function checks(lab: Lab, server: Server, headers: Headers): Promise<void> {
  const open = await lab.server('berth')
  const anonymous = { ...ACCEPT, ...(await tokenHeaders(open.url, { headers: {} }, TOKEN)) }
  const figures = await alternate(lab.options.pairs, ['berth', 'secured'], (who) =>
    who === 'berth'
      ? rate(lab, {
          what: 'manifest GET with a token, where all is open',
          server: open,
          path: MANIFEST,
          headers: anonymous,
        })
      : rate(lab, { what: 'manifest GET with a token, in a private project', server, path: MANIFEST, headers }),
  )
  const what = 'manifest GET with a token, c=32: where all is open, and in a private project by a grant'
  lab.add({ row: ROW, id: 'permission-checks', what, unit: 'req/s', cpuPer: '1k', figures })
}

async function tokens(lab: Lab, server: Server, { robot, key }: Accounts): Promise<void> {
  const measure = async (id: string, who: string, { headers }: Account) => {
    const what = `/token for ${who}, c=32`
    const asked = { what, server, path: TOKEN, headers }
    const figures = await alternate(lab.options.pairs, ['berth'], () => rate(lab, asked))
    lab.add({ row: ROW, id, what, unit: 'req/s', cpuPer: '1k', figures })
  }
  await measure('token-robot', 'a robot', robot)
  await measure('token-key', 'an API key', key)
}

/** Pulls, without and with sixteen connections that send wrong passwords as fast as they are answered. */
async function flood(lab: Lab, server: Server, headers: Headers): Promise<void> {
  const figures = await alternate(lab.options.pairs, ['berth', 'secured'], async (who) => {
    const passwords = who === 'secured' ? await startFlood(server) : undefined
    const times = passwords === undefined ? 'in peace' : 'while wrong passwords pour in'
    const figure = await rate(lab, { what: `manifest GET with a token, ${times}`, server, path: MANIFEST, headers })
    await passwords?.release()
    await passwords?.lastLine()
    return figure
  })
  const what = 'manifest GET with a token, c=32: in peace, and while wrong passwords pour in'
  lab.add({ row: ROW, id: 'password-flood', what, unit: 'req/s', cpuPer: '1k', figures })
}

async function startFlood({ port }: Server): Promise<RunningLoad> {
  const load = startLoad('wrong-passwords.ts', { port, connections: 16 })
  await load.line('ready')
  return load
}

interface Asked {
  readonly what: string
  readonly server: Server
  readonly path: string
  readonly headers: Headers
}

function rate(lab: Lab, { what, server, path, headers }: Asked): Promise<Figure> {
  return measureRequests(lab, { what, server, requests: [path], headers, connections: 32 })
}
