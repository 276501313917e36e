import { expect, test } from 'bun:test'
import type { Result } from '../support/result.ts'
import { betterOf, leadsOf, losses } from './guard.ts'

const result = (id: string, rates: readonly [number, number], unit: Result['unit'] = 'req/s'): Result => ({
  ...{ row: 2, id, what: id, unit, cpuPer: '1k' },
  figures: { berth: [{ value: rates[0], cpu: 1 }], peer: [{ value: rates[1], cpu: 8 }] },
})

test('a lead that falls by more than a third is a loss, and a smaller fall is none', () => {
  const recorded = leadsOf([result('get', [3000, 100])])
  expect(recorded).toEqual({ get: { rate: 30, cpu: 8 } })
  expect(losses(leadsOf([result('get', [2001, 100])]), recorded)).toEqual([])
  expect(losses(leadsOf([result('get', [1900, 100])]), recorded)).toEqual([
    'get: 19.0× docker-registry’s rate, recorded were 30.0×',
  ])
})

test('recorded is the least lead of the pairs, and of what is measured anew the middle counts', () => {
  const pairs = (cpus: readonly number[]) => cpus.map((cpu, pair) => ({ value: [30, 10, 20][pair] ?? 0, cpu }))
  const all: Result = {
    ...{ row: 2, id: 'get', what: 'get', unit: 'req/s', cpuPer: '1k' },
    figures: { berth: pairs([1, 1, 1]), peer: [4, 8, 16].map((cpu) => ({ value: 1, cpu })) },
  }
  expect(leadsOf([all], 'least')).toEqual({ get: { rate: 10, cpu: 4 } })
  expect(leadsOf([all])).toEqual({ get: { rate: 20, cpu: 8 } })
})

test('what was not measured is a loss', () => {
  expect(losses({}, { get: { rate: 30, cpu: 8 } })).toEqual(['get: not measured'])
})

test('of bytes only the CPU is held', () => {
  expect(leadsOf([result('blob', [500, 1000], 'MB/s')])).toEqual({ blob: { rate: 1, cpu: 8 } })
})

test('measured twice, what was well once is well', () => {
  const recorded = { get: { rate: 30, cpu: 8 }, head: { rate: 30, cpu: 8 } }
  const slow = { rate: 3, cpu: 8 }
  const { get, head } = recorded
  expect(losses(betterOf({ get, head: slow }, { get: slow, head }, recorded), recorded)).toEqual([])
  expect(losses(betterOf({ get, head: slow }, { get, head: slow }, recorded), recorded)).toHaveLength(1)
})

test('what is asked with tokens has a lead of its own', () => {
  const figures = { ...result('get', [3000, 100]).figures, secured: [{ value: 2000, cpu: 2 }] }
  const recorded = leadsOf([{ ...result('get', [3000, 100]), figures }])
  expect(recorded['get, tokens on']).toEqual({ rate: 20, cpu: 4 })
  const slow = { ...figures, secured: [{ value: 1, cpu: 2 }] }
  expect(losses(leadsOf([{ ...result('get', [3000, 100]), figures: slow }]), recorded)).toHaveLength(1)
})

test('small pushes are held by their rate, too, of which a disk may take two thirds', () => {
  const push = (rate: number) => leadsOf([result('push-4 KiB-monolithic-1', [rate, 100], 'push/s')])
  expect(losses(push(201), push(600))).toEqual([])
  expect(losses(push(199), push(600))).toHaveLength(1)
})
