import { describe, expect, test } from 'bun:test'
import { MIB } from '../../support/data-set.ts'
import { poissonArrivals, sessionMaker } from './plan.ts'
import { LARGEST_LAYER_BYTES, layerBytes, layerCount } from './sizes.ts'

const SEED = 7
const IMAGES = 100

describe('profile R', () => {
  test('is the same for the same seed, and another for another', () => {
    const [one, same, other] = [SEED, SEED, SEED + 1].map((seed) => poissonArrivals(seed, IMAGES, 50, 10))
    expect(one).toEqual(same)
    expect(one).not.toEqual(other)
  })

  test('has sessions of each kind in their shares, of popular images most', () => {
    const next = sessionMaker(SEED, IMAGES)
    const sessions = Array.from({ length: 100_000 }, next)
    const share = (kind: string) => sessions.filter((session) => session.kind === kind).length / sessions.length
    expect(share('poll')).toBeCloseTo(0.63, 2)
    expect(share('warm')).toBeCloseTo(0.26, 2)
    expect(share('cold')).toBeCloseTo(0.07, 2)
    expect(share('push')).toBeCloseTo(0.03, 2)
    const ofImage = (image: number) => sessions.filter((session) => session.image === image).length
    expect(ofImage(0) / ofImage(9)).toBeCloseTo(10 ** 0.9, 0)
  })

  test('begins as many sessions a second as it is told to, at moments that know nothing of each other', () => {
    const arrivals = poissonArrivals(SEED, IMAGES, 50, 1000)
    expect(arrivals.length / 50_000).toBeCloseTo(1, 1)
    const gaps = arrivals.slice(1).map(({ atMs }, i) => atMs - (arrivals[i]?.atMs ?? 0))
    // Of exponential gaps 37 % are longer than the mean.
    expect(gaps.filter((gap) => gap > 20).length / gaps.length).toBeCloseTo(0.37, 1)
  })

  test('asks for layers and images as large as real ones, up to a limit', () => {
    expect(layerBytes(0)).toBe(100)
    expect(layerBytes(0.65)).toBe(MIB)
    expect(layerBytes(0.8)).toBe(10 * MIB)
    expect(layerBytes(1)).toBe(LARGEST_LAYER_BYTES)
    expect([0.25, 0.5, 0.75].map(layerCount)).toEqual([6, 9, 14])
  })
})
