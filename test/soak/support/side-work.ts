import { join } from 'node:path'
import { z } from 'zod'
import { addUser, berth } from '../../e2e/support/command.ts'
import { basic } from '../../e2e/support/server.ts'
import { NoAnswer } from '../../faults/support/client.ts'
import { fsck, fsckProblems } from '../../faults/support/server.ts'
import { TIGHT_BYTES } from './shared-client.ts'
import { COMMONS, wholeTextOf, type World } from './world.ts'

const GUEST = basic('guest', 'pass word of guest')
const REVOKED_WITHIN_MS = 5000

const Rule = z.object({ id: z.int() })
const Grants = z.object({ items: z.array(z.object({ id: z.int(), subject: z.string() })) })

/** Projects, a quota that is never reached and one that always is, an immutable tag, and somebody without rights. */
export async function prepare(world: World): Promise<void> {
  await addUser(world.service.data, 'guest', 'pass word of guest')
  for (const name of ['soak', 'tight']) await expectDone(world, ['POST', '/projects', { name }])
  await expectDone(world, ['PUT', '/projects/soak/quota', { bytes: 1e12 }])
  await expectDone(world, ['PUT', '/projects/tight/quota', { bytes: TIGHT_BYTES }])
  await expectDone(world, ['POST', '/projects/soak/immutability', { repositories: 'fixed', tags: 'release-*' }])
}

type Call = readonly [method: string, path: string, body?: unknown]

async function expectDone(world: World, [method, path, body]: Call): Promise<unknown> {
  const answer = await world.api(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path} → ${answer.status} ${JSON.stringify(answer.json)}`)
  return answer.json
}

/** Immutable tags can be deleted from now on. */
export async function liftRules(world: World): Promise<void> {
  const { json } = await world.api('GET', '/projects/soak/immutability')
  for (const { id } of z.object({ items: z.array(Rule) }).parse(json).items)
    await expectDone(world, ['DELETE', `/projects/soak/immutability/${id}`])
}

/** Again and again until the server is gone or it is over; then the rest of a pause is not waited for. */
export async function repeatedly(world: World, everyMs: number, work: () => Promise<void>): Promise<void> {
  try {
    while (!world.stopping) {
      await work()
      for (let waited = 0; waited < everyMs && !world.stopping; waited += 200) await Bun.sleep(200)
    }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
  }
}

/** Invariant 10: what was allowed a moment ago is refused to every request that begins five seconds after. */
export async function revokeAndAsk(world: World): Promise<void> {
  const ask = () => world.askAs(GUEST, 'GET', `/v2/${COMMONS}/tags/list`)
  await world.api('POST', '/projects/soak/grants', { subject: 'user:guest', allows: 'reader' })
  const { json } = await world.api('GET', '/projects/soak/grants')
  const grant = Grants.parse(json).items.find(({ subject }) => subject === 'user:guest')
  if (grant === undefined) return world.problem(`the guest was given no grant: ${JSON.stringify(json)}`)
  const isIn = async () => (await ask()).status === 200
  for (let tries = 0; tries < 50 && !(await isIn()); tries++) await Bun.sleep(100)
  await world.api('DELETE', `/projects/soak/grants/${grant.id}`)
  await Bun.sleep(REVOKED_WITHIN_MS)
  const { status } = await ask()
  if (![401, 403, 404].includes(status))
    world.problem(`five seconds after its grant went a guest is answered ${status}`)
  world.count('grants taken back')
}

/** A second collector, in another process. */
export async function collectBeside(world: World): Promise<void> {
  const { code, stderr } = await world.service.command('gc', 'run')
  if (code !== 0) world.problem(`berth gc run ended with ${code}: ${stderr}`)
  world.count('runs of berth gc run')
}

/** Invariant 24, first half. */
export async function backUp(world: World): Promise<string> {
  const folder = join(world.service.folder, 'backup')
  const { code, stdout, stderr } = await world.service.command('backup', folder)
  if (code !== 0) world.problem(`berth backup ended with ${code}: ${stdout}${stderr}`)
  world.count('backups')
  return folder
}

/** Invariant 24, second half: a server can start on what comes back, and nothing of it is wrong. */
export async function checkBackup(world: World, backup: string): Promise<void> {
  const data = join(world.service.folder, 'restored')
  const verified = await berth(['backup', 'verify', backup])
  if (verified.code !== 0) world.problem(`berth backup verify: ${verified.stdout}${verified.stderr}`)
  const restored = await berth(['restore', backup, '--data', data])
  if (restored.code !== 0) world.problem(`berth restore: ${restored.stdout}${restored.stderr}`)
  for (const problem of fsckProblems(await fsck(data))) world.problem(`restored: ${problem}`)
  const { code, stdout } = await berth(['audit', 'verify', '--data', data])
  if (code !== 0) world.problem(`restored: ${stdout}`)
}

export async function collectorTotals(world: World): Promise<unknown> {
  const answer = await world.ask('GET', '/api/v1/gc')
  return JSON.parse(wholeTextOf(answer))
}
