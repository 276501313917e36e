import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { addGrant, createProject } from '../../src/access/manage-projects.ts'
import type { By } from '../../src/access/management.ts'
import type { Project } from '../../src/access/project-store.ts'
import { createKey } from '../../src/auth/manage-keys.ts'
import { createUser } from '../../src/auth/manage-users.ts'
import { findUser } from '../../src/auth/user-store.ts'
import { OPERATOR } from '../../src/lib/actor.ts'
import { type InProcess, openInProcess } from '../e2e/support/in-process.ts'
import { basic } from '../e2e/support/server.ts'
import { makeUsers } from '../e2e/support/sign-in.ts'

setDefaultTimeout(30_000)

const BY: By = { actor: OPERATOR, principal: undefined }
const users = makeUsers({ hank: 'hank-password', ida: 'ida-password' })
let server: InProcess
let team: Project

beforeAll(async () => {
  server = await openInProcess({ config: { auth: { anonymous: 'pull', htpasswd: { path: await users.file() } } } })
  team = await createProject(server.app.management, BY, { name: 'team', public: false })
  await createUser(server.app.management, BY, { name: 'root', password: 'root-password', systemRole: 'administrator' })
})
afterAll(async () => {
  await server.close()
  await users.remove()
})

async function status(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return (await fetch(`${server.url}${path}`, { headers })).status
}

describe('whoever was removed from where he signs in', () => {
  test('is out with his key, his refresh token and his browser too, a minute later', async () => {
    expect(await status('/api/v1/me', users.basic('hank'))).toBe(200)
    const hank = await findUser(server.app.database.reader, 'hank')
    if (hank === undefined) throw new Error('hank has no account')
    const { secret } = await createKey(server.app.management, BY, hank, { name: 'k' })
    const key = basic('hank', secret)
    const answer = await fetch(`${server.url}/token?offline_token=true`, { headers: users.basic('hank') })
    const { refresh_token: refreshToken } = (await answer.json()) as { refresh_token: string }
    const redeem = async () => {
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
      return (await fetch(`${server.url}/token`, { method: 'POST', body })).status
    }
    expect([await status('/api/v1/me', key), await redeem()]).toEqual([200, 200])
    await users.rewrite({ ida: 'ida-password' })
    server.clock.advance(61_000)
    expect([await status('/api/v1/me', key), await redeem()]).toEqual([401, 401])
    expect(await status('/api/v1/me', users.basic('ida'))).toBe(200)
  })
})

/** A body whose end waits until it is told to come. */
function slowly(text: string): { body: ReadableStream<Uint8Array>; end: () => void } {
  let end = () => {}
  const told = new Promise<void>((resolve) => {
    end = resolve
  })
  const [head, tail] = [text.slice(0, 20), text.slice(20)].map((part) => new TextEncoder().encode(part))
  let sent = false
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (!sent) {
        sent = true
        controller.enqueue(head ?? new Uint8Array())
        return
      }
      await told
      controller.enqueue(tail ?? new Uint8Array())
      controller.close()
    },
  })
  return { body, end: () => end() }
}

const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [], annotations: { a: 'b' } })

describe('a push whose body takes its time', () => {
  test('is judged again at its end', async () => {
    const alice = await createUser(server.app.management, BY, {
      name: 'alice',
      password: 'alice-password',
      systemRole: 'none',
    })
    await addGrant(server.app.management, BY, team, { subject: `user:${alice.name}`, allows: 'writer' })
    const { body, end } = slowly(MANIFEST)
    const headers = { ...basic('alice', 'alice-password'), 'content-type': INDEX }
    const answer = fetch(`${server.url}/v2/team/app/manifests/late`, { method: 'PUT', headers, body })
    // Her right to it is asked for before the body, so the password has to be looked at first.
    expect(await status('/v2/team/app/tags/list', headers)).toBe(404)
    const admin = { ...basic('root', 'root-password'), 'content-type': 'application/json' }
    const disabled = await fetch(`${server.url}/api/v1/users/alice`, {
      method: 'PATCH',
      headers: admin,
      body: JSON.stringify({ disabled: true }),
    })
    expect(disabled.status).toBe(204)
    end()
    expect((await answer).status).toBe(403)
    expect(await status('/v2/team/app/manifests/late', admin)).toBe(404)
  })
})

describe('grants', () => {
  test('of one subject are few enough to look at for each decision', async () => {
    const { management } = server.app
    await createUser(management, BY, { name: 'many', password: undefined, systemRole: 'none' })
    for (let n = 0; n < 50; n++)
      await addGrant(management, BY, team, { subject: 'user:many', allows: 'reader', pattern: `x${n}` })
    const next = addGrant(management, BY, team, { subject: 'user:many', allows: 'reader', pattern: 'y' })
    await expect(next).rejects.toThrow('at most 50 grants')
  })
})
