import { describe, expect, it } from 'bun:test'
import { findingOf } from '../../../test/support/inventories.ts'
import { mergeFindings } from './merge-findings.ts'

const own = findingOf({ scanner: 'berth', severity: 'low', firstSeen: new Date(2000) })
const other = findingOf({ scanner: 'clair', severity: 'high', firstSeen: new Date(1000), purl: '' })

describe('findings of several scanners', () => {
  it('are one where they are about the same, as bad as the worst of them says', () => {
    const ratings = [{ source: 'clair', severity: 'high' as const }]
    const merged = mergeFindings([own], [{ ...other, ratings }])
    expect(merged).toEqual([
      {
        ...own,
        severity: 'high',
        firstSeen: new Date(1000),
        ratings: [...own.ratings, ...ratings],
        scanner: 'berth, clair',
      },
    ])
  })

  it('are never made less bad by another scanner', () => {
    expect(mergeFindings([{ ...own, severity: 'critical' }], [other])[0]?.severity).toBe('critical')
  })

  it('are one although they call it by another of its names', () => {
    const named = { ...other, vulnerability: 'GHSA-xxxx', aliases: [own.vulnerability] }
    const [merged, ...more] = mergeFindings([{ ...own, aliases: [] }], [named])
    expect(more).toEqual([])
    expect(merged).toMatchObject({ vulnerability: own.vulnerability, aliases: ['GHSA-xxxx'] })
    // A third one knows the other name only.
    const third = { ...other, scanner: 'trivy', vulnerability: 'GHSA-xxxx', aliases: [] }
    expect(mergeFindings([{ ...own, aliases: [] }], [named, third]).map(({ scanner }) => scanner)).toEqual([
      'berth, clair, trivy',
    ])
  })

  it('are others of another package or version', () => {
    const others = [
      { ...other, version: '9' },
      { ...other, package: 'else' },
      { ...other, vulnerability: 'CVE-2020-1', aliases: [] },
    ]
    expect(mergeFindings([own], others)).toHaveLength(4)
  })

  it('are several where an advisory is about several', () => {
    const [one, two] = ['CVE-2026-1', 'CVE-2026-2'].map((vulnerability) => ({
      ...other,
      vulnerability,
      aliases: ['DSA-1'],
    }))
    if (one === undefined || two === undefined) throw new Error('there are two')
    expect(mergeFindings([], [one, two])).toEqual([one, two])
    expect(mergeFindings([{ ...one, scanner: 'berth' }], [one, two]).map(({ scanner }) => scanner)).toEqual([
      'berth, clair',
      'clair',
    ])
  })

  it('count once where one scanner says it again and again', () => {
    expect(mergeFindings([], [other, other, other])).toEqual([other])
  })

  it('come the worst first', () => {
    const worse = { ...other, vulnerability: 'CVE-2020-1', aliases: [], severity: 'critical' as const }
    expect(mergeFindings([own], [worse]).map(({ severity }) => severity)).toEqual(['critical', 'low'])
  })
})
