import { describe, expect, it } from 'bun:test'
import { dataAge } from './data-age.ts'

const NOW = new Date('2026-06-30T00:00:00Z')
const state = (...ecosystems: { ecosystem: string; updatedAt: string; newestRecord?: string }[]) => ({
  ...{ version: '1', finishedAt: NOW, covered: [] },
  ecosystems: ecosystems.map(({ ecosystem, updatedAt, newestRecord }) => ({
    ...{ ecosystem, updatedAt: new Date(updatedAt) },
    ...(newestRecord !== undefined && { newestRecord: new Date(newestRecord) }),
  })),
})

describe('dataAge', () => {
  it('is that of the oldest part that the image is made of, and of nothing else', () => {
    const known = state(
      { ecosystem: 'Debian', updatedAt: '2026-06-20T00:00:00Z' },
      { ecosystem: 'npm', updatedAt: '2026-06-29T00:00:00Z' },
      { ecosystem: 'Go', updatedAt: '2020-01-01T00:00:00Z' },
    )
    const { updatedAt, problems } = dataAge(known, ['Debian:12', 'npm'], NOW)
    expect(updatedAt?.toISOString()).toBe('2026-06-20T00:00:00.000Z')
    expect(problems).toEqual([])
    expect(dataAge(known, ['PyPI'], NOW).updatedAt).toBeUndefined()
    expect(dataAge(undefined, ['npm'], NOW).updatedAt).toBeUndefined()
  })

  it('tells what nobody looked after for a month, and old copies that were brought today', () => {
    const known = state(
      { ecosystem: 'npm', updatedAt: '2026-05-30T00:00:00Z' },
      { ecosystem: 'Go', updatedAt: '2026-06-29T00:00:00Z', newestRecord: '2019-01-01T00:00:00Z' },
      { ecosystem: 'PyPI', updatedAt: '2026-06-29T00:00:00Z', newestRecord: '2026-06-01T00:00:00Z' },
    )
    expect(dataAge(known, ['npm', 'Go', 'PyPI'], NOW).problems).toEqual([
      'the vulnerability data for npm is 31 days old',
      'the newest record for Go is 2737 days old: the data may be an old copy',
    ])
  })
})
