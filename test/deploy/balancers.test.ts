import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { describeClient } from '../clients/support/clients.ts'
import { BALANCERS, type Balancer } from './support/balancers.ts'
import { startGone, startRude, startStandIn } from './support/replicas.ts'

interface Answer {
  readonly name: string
  readonly size: number
}

for (const [name, startBalancer] of Object.entries(BALANCERS))
  describeClient(`deploy/${name}`, [name], () => {
    const first = startStandIn('first')
    const second = startStandIn('second')
    let balancer: Balancer
    beforeAll(async () => {
      balancer = await startBalancer([first.address, second.address])
    })
    afterAll(async () => {
      await balancer.stop()
      await Promise.all([first.stop(), second.stop()])
    })

    const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
      const response = await fetch(`${balancer.url}${path}`, init)
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return response.json() as Promise<Answer>
    }
    const names = async (count: number) => {
      const answers: Answer[] = []
      for (let index = 0; index < count; index++) answers.push(await ask('/v2/'))
      return new Set(answers.map((answer) => answer.name))
    }

    test('one client is answered by both: nothing sticks', async () => {
      const cookies = { cookie: 'berth=x' }
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask('/v2/', { headers: cookies })))
      expect(new Set(answers.map((answer) => answer.name))).toEqual(new Set(['first', 'second']))
    })

    test('a body of any size arrives while it is still being sent', async () => {
      const before = first.received + second.received
      const { promise: halfway, resolve: proceed } = Promise.withResolvers<void>()
      const part = new Uint8Array(4 * 1024 * 1024)
      async function* body() {
        yield part
        await halfway
        yield part
      }
      const answer = ask('/v2/a/blobs/uploads/1', { method: 'PATCH', body: body() })
      const deadline = Date.now() + 10_000
      while (first.received + second.received - before < part.length && Date.now() < deadline) await Bun.sleep(10)
      const early = first.received + second.received - before
      proceed()
      expect((await answer).size).toBe(2 * part.length)
      expect(early).toBe(part.length)
    })

    test('what a client says of itself stays to the left of what the balancer says', async () => {
      const { name: who } = await ask('/v2/', {
        headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', host: 'registry.example:5000' },
      })
      const headers = (who === 'first' ? first : second).last
      expect(headers?.get('x-forwarded-for')).toMatch(/^203\.0\.113\.9, ?127\.0\.0\.1$/)
      expect(headers?.get('x-forwarded-proto')).toBe('http')
      expect(headers?.get('host')).toBe('registry.example:5000')
    })

    test('an address arrives as it was sent', async () => {
      const path = '/v2/a%2Fb/blobs/uploads/?digest=sha256%3Aab&mount=x%20y'
      expect(await rawStatus(balancer.port, `GET ${path} HTTP/1.1`)).toContain(' 200 ')
      expect([first.target, second.target]).toContain(path)
    })

    test('what all of them refuse with 503 keeps nothing else from being answered', async () => {
      for (let index = 0; index < 5; index++) {
        const away = await fetch(`${balancer.url}/v2/away`)
        expect(`${away.status} ${await away.text()}`).toBe('503 from a replica')
        expect(await names(2)).not.toBeEmpty()
      }
    })

    test('/metrics is that of one replica, and not to be had here', async () => {
      expect((await fetch(`${balancer.url}/metrics`)).status).toBe(404)
    })

    test.each([
      ['is gone', startGone],
      ['hangs up without a word', startRude],
    ])('one that %s is stepped over, also by a POST, and nobody notices', async (_, startBad) => {
      const lonely = startStandIn('lonely')
      const bad = await startBad()
      const other = await startBalancer([lonely.address, bad.address])
      try {
        for (let index = 0; index < 20; index++) {
          const method = index % 2 === 0 ? 'POST' : 'GET'
          const response = await fetch(`${other.url}/v2/a/blobs/uploads/`, { method })
          expect(`${response.status} ${await response.text()}`).toBe('200 {"name":"lonely","size":0}')
        }
      } finally {
        await other.stop()
        await Promise.all([lonely.stop(), bad.stop()])
      }
    })

    if (name === 'haproxy')
      test('one that is not ready gets nothing; when none is, all are asked', async () => {
        first.ready = false
        await until(async () => (await names(6)).size === 1)
        expect(await names(10)).toEqual(new Set(['second']))
        second.ready = false
        await until(async () => (await names(6)).size === 2)
        first.ready = true
        second.ready = true
        await until(async () => (await names(6)).size === 2)
      }, 60_000)
  })

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('did not happen within 20 s')
    await Bun.sleep(200)
  }
}

/** What a server answers to a request line that `fetch` would write in another way. */
function rawStatus(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\nHost: a\r\nConnection: close\r\n\r\n`))
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('end', () => resolve(text.split('\r\n')[0] ?? ''))
    socket.on('error', reject)
  })
}

describe('the stand-in', () => {
  test('says whether it is ready', async () => {
    const standIn = startStandIn('alone')
    expect((await fetch(`http://${standIn.address}/readyz`)).status).toBe(200)
    standIn.ready = false
    expect((await fetch(`http://${standIn.address}/readyz`)).status).toBe(503)
    await standIn.stop()
  })
})
