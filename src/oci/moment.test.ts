import { describe, expect, it } from 'bun:test'
import { parseTag } from './name.ts'
import { parseTagAtMoment, refuseMoments } from './moment.ts'

describe('a tag at a moment', () => {
  it.each([
    ['v1.at-20260801', 'v1', '2026-08-01T23:59:59.999Z', true],
    ['v1.at-20260801T1200Z', 'v1', '2026-08-01T12:00:00.000Z', false],
    ['v1.at-20260801T120059Z', 'v1', '2026-08-01T12:00:59.000Z', false],
    ['v1.at-20260801T0000Z', 'v1', '2026-08-01T00:00:00.000Z', false],
    ['v1.at-20240229', 'v1', '2024-02-29T23:59:59.999Z', true],
    ['v1.at-20261231', 'v1', '2026-12-31T23:59:59.999Z', true],
    ['a.at-20200101.at-20260801', 'a.at-20200101', '2026-08-01T23:59:59.999Z', true],
    ['_.at-19700101', '_', '1970-01-01T23:59:59.999Z', true],
  ])('%s', (text, tag, at, isDay) => {
    expect(parseTagAtMoment(text)).toEqual({ tag: parseTag(tag), at: new Date(at), isDay })
  })

  it.each([
    'v1',
    '.at-20260801',
    'v1.at-',
    'v1.at-2026080',
    'v1.at-202608011',
    'v1.at-20260231',
    'v1.at-20250229',
    'v1.at-20261301',
    'v1.at-20260001',
    'v1.at-20260800',
    'v1.at-00010101',
    'v1.at-19691231',
    'v1.at-20260801T2400Z',
    'v1.at-20260801T1260Z',
    'v1.at-20260801T120060Z',
    'v1.at-20260801T12Z',
    'v1.at-20260801T1200',
    'v1.at-20260801Z',
    'v1.at-20260801t1200z',
    'v1.AT-20260801',
    'v1-at-20260801',
    'v1.at-20260801-amd64',
    'v1.at-２０２６０８０１',
    '-v1.at-20260801',
    `${'x'.repeat(120)}.at-20260801`,
    'v1/x.at-20260801',
    'v1.at-20260801\n',
  ])('%j is no moment', (text) => {
    expect(parseTagAtMoment(text)).toBeUndefined()
  })

  it('is no name for a tag', () => {
    expect(() => refuseMoments([parseTag('v1'), parseTag('v1.at-20260231')])).not.toThrow()
    expect(() => refuseMoments([parseTag('v1'), parseTag('v1.at-20260801')])).toThrow('cannot be set')
  })
})
