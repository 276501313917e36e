import { expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { RequestTally } from '../../src/observability/request-tally.ts'
import { check } from '../conformance/support/check.ts'
import { image, pushImage } from './support/images.ts'
import { PATIENCE_MS, useServer } from './support/server.ts'
import { until } from './support/until.ts'

setDefaultTimeout(PATIENCE_MS)

const server = useServer()

async function metrics(): Promise<string> {
  return check(await server.send('GET', '/metrics'), { status: 200 }).text
}

/** Of everything that we count ourselves; the runtime's are as many as it likes. */
function series(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /^(?:berth|registry)_/.test(line))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
}

function numberOf(text: string, name: string): number {
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1),
  )
}

async function useRepository(name: string): Promise<void> {
  await pushImage({ registry: server, name }, image(name), 'v1')
  await server.send('GET', `/v2/${name}/manifests/v1`)
  await server.send('GET', `/v2/${name}/manifests/${name.replaceAll('/', '-')}`)
  await server.send('GET', `/v2/${name}/tags/list`)
  await server.send('GET', `/${name}`)
}

test('more repositories, tags and made-up addresses make no more series', async () => {
  await useRepository('e2e/first')
  await metrics()
  // Jobs run whenever they like.
  const ours = (text: string) => series(text).filter((each) => !each.startsWith('berth_job_'))
  const before = ours(await metrics())
  for (let at = 0; at < 8; at++) await useRepository(`e2e/other-${at}/deep`)
  const after = ours(await metrics())
  expect(after).toEqual(before)
  expect(after.join()).not.toContain('e2e')
})

test('methods that a client makes up are one', () => {
  const tally = new RequestTally()
  for (const method of ['GET', 'MAKE', 'THEM', 'UP']) {
    tally.begin()
    tally.end('blob', method, { status: 405, seconds: 0 })
  }
  expect([...tally.series].map(({ method, count }) => [method, count])).toEqual([
    ['GET', 1],
    ['other', 3],
  ])
})

test('bytes are counted in both directions, and what is in memory is told apart', async () => {
  const before = await metrics()
  const blob = new Uint8Array(100_000).fill(7)
  const digest = `sha256:${new Bun.CryptoHasher('sha256').update(blob).digest('hex')}`
  const target = `/v2/e2e/bytes/blobs/uploads/?digest=${digest}`
  check(await server.send('POST', target, { body: blob }), { status: 201 })
  check(await server.send('GET', `/v2/e2e/bytes/blobs/${digest}`), { status: 200 })
  // A job that commits in between makes the server forget: not each of these meets what is in memory.
  for (let n = 0; n < 5; n++) check(await server.send('HEAD', `/v2/e2e/bytes/blobs/${digest}`), { status: 200 })
  const after = await metrics()
  const grown = (name: string) => numberOf(after, name) - numberOf(before, name)
  expect(grown('berth_http_received_bytes_total')).toBe(100_000)
  // The text of /metrics itself, too.
  expect(grown('berth_http_response_bytes_total')).toBeGreaterThanOrEqual(100_000)
  expect(grown('berth_http_response_bytes_total')).toBeLessThan(200_000)
  expect(grown('berth_database_turns_total')).toBeGreaterThan(0)
  expect(numberOf(after, 'berth_database_waiting')).toBe(0)
  expect(numberOf(after, 'berth_uploads_running')).toBe(0)
  expect(grown('berth_cache_hits_total{cache="blob"}')).toBeGreaterThan(0)
})

test('jobs are counted by name', async () => {
  const text = await until('a job has run', async () => {
    const found = await metrics()
    return found.includes('berth_job_runs_total{task="audit-seal"}') ? found : undefined
  })
  expect(text).toMatch(/^berth_job_run_failures_total\{task="audit-seal"\} 0$/m)
})

test('every metric of the dashboard is one that the server knows', async () => {
  const known = new Set([...(await metrics()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
  const { panels } = JSON.parse(readFileSync('deploy/grafana/berth.json', 'utf8')) as {
    panels: { targets: { expr: string }[] }[]
  }
  const named = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => expr.match(/\b(?:berth|registry|process|nodejs)_\w+/g) ?? []),
  )
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((name) => !known.has(name.replace(/_bucket$/, '')))).toEqual([])
})
