import { beforeEach, describe, expect, it } from 'bun:test'
import { OciError } from '../oci/errors.ts'
import { type Attempt, FailedSignIns } from './failed-sign-ins.ts'

const MINUTE = 60_000
const ANN: Attempt = { username: 'ann', network: '10.0.0.1' }

let nowMs = 0
let failed: FailedSignIns
beforeEach(() => {
  nowMs = Date.UTC(2030, 0, 1)
  failed = new FailedSignIns({ now: () => new Date(nowMs), sleep: async () => undefined })
})

/** Seconds to wait as Retry-After says; 0: none. */
function wait(attempt: Attempt): number {
  try {
    failed.check(attempt)
    return 0
  } catch (error) {
    if (!(error instanceof OciError)) throw error
    expect(error.code).toBe('TOOMANYREQUESTS')
    return Number(error.headers?.['retry-after'])
  }
}

function fail(times: number, attempt = ANN): void {
  for (let mistake = 0; mistake < times; mistake++) failed.failed(attempt)
}

describe('of one account from one network', () => {
  it('five mistakes cost nothing; then each further one doubles the pause, up to five minutes', () => {
    fail(5)
    expect(wait(ANN)).toBe(0)
    const pauses = Array.from({ length: 12 }, () => {
      fail(1)
      return wait(ANN)
    })
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
  })

  it('the pause ends by itself, to the millisecond', () => {
    fail(7)
    nowMs += 1999
    expect(wait(ANN)).toBe(1)
    nowMs += 1
    expect(wait(ANN)).toBe(0)
    fail(1)
    expect(wait(ANN)).toBe(4)
  })

  it('a success forgives all of it', () => {
    fail(6)
    failed.succeeded(ANN)
    expect(wait(ANN)).toBe(0)
    fail(5)
    expect(wait(ANN)).toBe(0)
  })

  it('so does time without a mistake', () => {
    fail(20)
    nowMs += 21 * MINUTE
    fail(5)
    expect(wait(ANN)).toBe(0)
  })

  it('nobody else waits: neither the account elsewhere nor another one there, whatever the names look like', () => {
    fail(10)
    for (const attempt of [
      { ...ANN, network: '10.0.0.2' },
      { ...ANN, username: 'bob' },
      { ...ANN, username: 'Ann' },
      { username: 'ann","10.0.0.1', network: '' },
    ])
      expect(wait(attempt)).toBe(0)
  })

  it('names without an end are counted by their beginning', () => {
    const long = (end: string) => ({ ...ANN, username: `${'x'.repeat(1_000_000)}${end}` })
    for (let mistake = 0; mistake < 6; mistake++) failed.failed(long(String(mistake)))
    expect(wait(long('another'))).toBe(1)
  })
})

describe('of one network', () => {
  function spray(times: number): void {
    for (let name = 0; name < times; name++) failed.failed({ ...ANN, username: `user-${name}` })
  }

  it('a hundred mistakes for many accounts cost nothing; then all of it waits, and nobody elsewhere', () => {
    spray(100)
    expect(wait(ANN)).toBe(0)
    spray(1)
    expect(wait(ANN)).toBe(1)
    expect(wait({ ...ANN, network: '10.0.0.2' })).toBe(0)
    spray(1)
    expect(wait(ANN)).toBe(2)
  })

  it('whoever signed in from there before does not wait for others’ mistakes, but for the own', () => {
    failed.succeeded(ANN)
    spray(200)
    expect([wait(ANN), wait({ ...ANN, username: 'bob' }) > 0]).toEqual([0, true])
    expect([failed.isTrusted(ANN), failed.isTrusted({ ...ANN, network: '10.0.0.2' })]).toEqual([true, false])
    fail(6)
    expect(wait(ANN)).toBe(1)
  })

  it('a success of one account is no success of the network', () => {
    spray(101)
    failed.succeeded({ ...ANN, username: 'bob' })
    expect(wait(ANN)).toBe(1)
  })
})
