import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addUser, berth } from './support/command.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(PATIENCE_MS)

const folder = await mkdtemp(join(tmpdir(), 'berth-test-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const run = (...args: string[]) => berth([...args, '--data', folder])

test('webhooks and events by command', async () => {
  const got: string[] = []
  const receiver = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1' },
    fetch: async (request) => {
      got.push(await request.text())
      return new Response()
    },
  })
  try {
    await addUser(folder, 'ann', 'correct horse battery')
    const url = `http://127.0.0.1:${receiver.port}/`
    expect((await run('webhook', 'add', url)).stderr).toContain('allowPrivate')
    expect((await run('webhook', 'add', url, '--allow-private', '--shape', 'slack')).stdout).toContain('The webhook 1')
    expect((await run('webhook', 'list')).stdout).toContain(url)
    expect((await run('webhook', 'test', '1')).stdout).toContain('took it')
    expect(got).toHaveLength(1)
    expect((await run('webhook', 'deliveries', '1')).code).toBe(0)
    expect((await run('webhook', 'replay', '1', '--since', 'latest')).code).toBe(0)
    const events = (await run('events')).stdout.trim().split('\n')
    expect(events.map((line) => JSON.parse(line).type)).toEqual(['user.created', 'webhook.added', 'webhook.replayed'])
    expect((await run('webhook', 'remove', '1')).code).toBe(0)
    expect((await run('webhook', 'test', '1')).code).toBe(1)
  } finally {
    await receiver.stop(true)
  }
})
