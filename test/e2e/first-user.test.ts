import { expect, setDefaultTimeout, test } from 'bun:test'
import { startRegistry } from '../support/registry.ts'
import { berth } from './support/command.ts'
import { PATIENCE_MS } from './support/server.ts'

setDefaultTimeout(2 * PATIENCE_MS)

test('the first user closes the door at once, though everybody could come in until then', async () => {
  const server = await startRegistry()
  try {
    const status = async () => (await fetch(`${server.url}/v2/`)).status
    expect(await status()).toBe(200)
    const adding = berth(['user', 'add', 'ann', '--data', server.dataDir], { input: 'a password of Ann\n' })
    let isAdded = false
    void adding.then(() => {
      isAdded = true
    })
    // Asked all the time, so that what the server remembers is as young as it gets.
    while (!isAdded) expect([200, 401]).toContain(await status())
    expect((await adding).code).toBe(0)
    expect(await status()).toBe(401)
  } finally {
    await server.close()
  }
})
