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
    const changed = await run('webhook', 'set', '1', '--type', 'tag.', '--shape', 'cloudevents', '--disable')
    expect(changed.stdout).toMatch(/cloudevents +tag\. +disabled/)
    expect((await run('webhook', 'set', '1', '--type', 'all', '--enable')).stdout).toMatch(
      /cloudevents +all events *\n/,
    )
    expect((await run('webhook', 'set', '1', '--no-allow-private')).stderr).toContain('allowPrivate')
    expect((await run('webhook', 'set', '2', '--enable')).stderr).toContain('no webhook 2')
    expect((await run('webhook', 'deliveries', '1')).code).toBe(0)
    expect((await run('webhook', 'replay', '1', '--since', 'latest')).code).toBe(0)
    const events = (await run('events')).stdout.trim().split('\n')
    expect(events.map((line) => JSON.parse(line).type)).toEqual([
      ...['user.created', 'webhook.added', 'webhook.changed', 'webhook.changed', 'webhook.replayed'],
    ])
    expect((await run('webhook', 'remove', '1')).code).toBe(0)
    expect((await run('webhook', 'test', '1')).code).toBe(1)
  } finally {
    await receiver.stop(true)
  }
})

test('"berth remote rekey" seals the secrets of webhooks anew too', async () => {
  const [first, second] = [join(folder, 'first.key'), join(folder, 'second.key')]
  for (const file of [first, second]) expect((await berth(['encryption', 'new-key', file])).code).toBe(0)
  const withKeys = (args: readonly string[], keyFile: string, previous: string) =>
    berth([...args, '--data', folder], {
      env: { BERTH_SECRETS__KEYFILE: keyFile, BERTH_SECRETS__PREVIOUSKEYFILES: previous },
      input: 'a secret to sign with',
    })
  const add = ['webhook', 'add', 'https://hooks.example/x', '--secret-stdin']
  expect(await withKeys(add, first, '')).toMatchObject({ code: 0 })
  expect((await withKeys(['remote', 'rekey'], second, first)).stdout).toContain('1 passwords were encrypted anew')
  expect((await withKeys(['remote', 'rekey'], second, '')).stdout).toContain('already')
})
