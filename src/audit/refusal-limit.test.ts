import { expect, it } from 'bun:test'
import type { AuditEntry } from '../events/recorder.ts'
import { limitRefusals } from './refusal-limit.ts'

const entry = (outcome: AuditEntry['outcome'], id = 'user:1'): AuditEntry => ({
  actor: { id, name: 'ann', address: '10.0.0.1' },
  action: 'manifest.pushed',
  target: 'repository:a',
  outcome,
})

it('refusals of one asker are rows until there are many, and none is left uncounted', async () => {
  let nowMs = 0
  const noted: AuditEntry[] = []
  const inner = {
    record: async () => undefined,
    note: async (one: AuditEntry) => void noted.push(one),
    seal: async () => undefined,
  }
  const limited = limitRefusals(inner, { now: () => new Date(nowMs), sleep: async () => undefined })
  for (let n = 0; n < 100; n++) await limited.note(entry('refused'))
  expect(noted).toHaveLength(60)
  await limited.note(entry('refused', 'user:2'))
  await limited.note(entry('done'))
  expect(noted).toHaveLength(62)
  nowMs += 1000
  await limited.note(entry('refused'))
  expect(noted.at(-1)?.detail).toEqual({ omitted: 40 })
})
