import { beforeEach, describe, expect, it } from 'bun:test'
import type { Clock } from './clock.ts'
import { remember } from './remember.ts'

let nowMs = 0
let loads = 0
let broken = false
const clock: Clock = { now: () => new Date(nowMs), sleep: async () => undefined }
beforeEach(() => {
  nowMs = 1_000_000
  loads = 0
  broken = false
})

function counter() {
  const load = async () => {
    loads++
    if (broken) throw new Error(`load ${loads}`)
    return loads
  }
  return remember(load, { clock, freshMs: 1000, failFastMs: 50, renewMs: 300 })
}

describe('what is remembered', () => {
  it('is loaded once for all who ask at the same time', async () => {
    const value = counter()
    expect(await Promise.all([value.get(), value.get(), value.renew()])).toEqual([1, 1, 1])
  })

  it('is good for its time', async () => {
    const value = counter()
    expect(await value.get()).toBe(1)
    nowMs += 999
    expect(await value.get()).toBe(1)
    nowMs += 1
    expect(await value.get()).toBe(2)
  })

  it('is renewed, but not twice in a row', async () => {
    const value = counter()
    await value.get()
    expect(await value.renew()).toBe(1)
    nowMs += 300
    expect(await Promise.all([value.renew(), value.renew()])).toEqual([2, 2])
    expect(await value.renew()).toBe(2)
    expect(loads).toBe(2)
  })

  it('is loaded again after the clock was set back', async () => {
    const value = counter()
    await value.get()
    nowMs -= 10
    expect(await value.get()).toBe(2)
  })
})

describe('a failure', () => {
  it('is repeated without another try for a while', async () => {
    broken = true
    const value = counter()
    await expect(value.get()).rejects.toThrow('load 1')
    nowMs += 49
    await expect(value.get()).rejects.toThrow('load 1')
    nowMs += 1
    broken = false
    expect(await value.get()).toBe(2)
  })

  it('to renew takes away nothing that is good, and is not tried again at once', async () => {
    const value = counter()
    await value.get()
    nowMs += 300
    broken = true
    await expect(value.renew()).rejects.toThrow('load 2')
    expect(await value.get()).toBe(1)
    expect(await value.renew()).toBe(1)
    expect(loads).toBe(2)
    nowMs += 700
    await expect(value.get()).rejects.toThrow('load 3')
  })
})
