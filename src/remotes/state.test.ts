import { describe, expect, it } from 'bun:test'
import type { RemoteHealth } from '../client/remote-registry.ts'
import { formatState, mergeStates, parseState } from './state.ts'

const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second))
const none: RemoteHealth = {
  ...{ budget: undefined, requests: 0, failures: 0, lastProblem: undefined, pausedUntil: undefined },
  signedIn: undefined,
}
const budget = (remaining: number, second: number) => ({
  ...{ limit: 100, remaining, windowSeconds: 21_600, seenAt: at(second) },
})

describe('what processes saw of a remote', () => {
  it('is nothing where nobody asked it', () => {
    expect(mergeStates([])).toBeUndefined()
  })

  it('is the sum of what they counted, and the newest of the rest', () => {
    const merged = mergeStates([
      { at: at(5), health: { ...none, requests: 3, failures: 1, budget: budget(41, 2), signedIn: true } },
      {
        at: at(1),
        health: {
          ...{ ...none, requests: 4, failures: 4, budget: budget(40, 3), signedIn: false, pausedUntil: at(9) },
          lastProblem: { message: 'it was away', at: at(1) },
        },
      },
    ])
    expect(merged).toEqual({
      at: at(5),
      health: { ...none, requests: 7, failures: 5, budget: budget(40, 3), signedIn: true },
    })
  })

  it('is the same after it was written down', () => {
    const health: RemoteHealth = {
      ...{ requests: 2, failures: 1, budget: budget(7, 3), pausedUntil: at(9), signedIn: false },
      lastProblem: { message: 'it was away', at: at(1) },
    }
    expect(parseState(formatState(health))).toEqual(health)
    expect(parseState(formatState(none))).toEqual(none)
  })
})
