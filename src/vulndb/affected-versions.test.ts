import { describe, expect, it } from 'bun:test'
import { affectedVersions, judgeVersion } from './affected-versions.ts'
import { findOsvRecord } from './osv-record.ts'

type Events = readonly Readonly<Record<string, string>>[]

/** Judges versions by what a record of this ecosystem says: the fixed version, `-` for affected without one, `` for not. */
function judge(ecosystem: string, affected: object, versions: readonly string[]): string[] {
  const record = findOsvRecord(
    JSON.stringify({
      ...{ id: 'X-1', modified: '2024-01-01T00:00:00Z' },
      affected: [{ package: { ecosystem, name: 'p' }, ...affected }],
    }),
  )
  const [read] = record?.affected ?? []
  if (read === undefined) throw new Error('the fixture is no record')
  const kept = affectedVersions(ecosystem, read)
  return versions.map((version) => {
    const verdict = judgeVersion(ecosystem, version, kept)
    if (verdict === 'unclear') return '?'
    return verdict === undefined ? '' : (verdict.fixed ?? '-')
  })
}

function range(events: Events, type = 'ECOSYSTEM') {
  return { ranges: [{ type, events }] }
}

describe('which versions a record speaks of', () => {
  it('introduced "0" is the beginning; fixed is the first without it', () => {
    const affected = range([{ introduced: '0' }, { fixed: '1.2-3' }])
    expect(judge('Debian:12', affected, ['0~rc1', '1.2-2', '1.2-3~bpo1', '1.2-3', '1:0'])).toEqual([
      ...['1.2-3', '1.2-3', '1.2-3', '', ''],
    ])
  })

  it('without a fixed version all later ones have it', () => {
    expect(judge('Debian:12', range([{ introduced: '0' }]), ['1', '99:1'])).toEqual(['-', '-'])
    expect(judge('npm', range([{ introduced: '2.0.0' }], 'SEMVER'), ['1.9.9', '2.0.0', '3.0.0'])).toEqual([
      '',
      '-',
      '-',
    ])
  })

  it('last_affected has it, what comes behind does not', () => {
    const affected = range([{ introduced: '1.0' }, { last_affected: '1.5' }])
    expect(judge('PyPI', affected, ['0.9', '1.0', '1.5', '1.5.post1', '1.6'])).toEqual(['', '-', '-', '', ''])
  })

  it('several branches in one range: the fixed version is that of the own branch, whatever their order', () => {
    const events = [{ fixed: '2.0.5' }, { introduced: '2.0.0-0' }, { introduced: '0' }, { fixed: '1.4.2' }]
    const versions = ['1.4.1', '1.4.2', '1.9.9', '2.0.0-rc.1', '2.0.4', '2.0.5']
    expect(judge('Go', range(events, 'SEMVER'), versions)).toEqual(['1.4.2', '', '', '2.0.5', '2.0.5', ''])
  })

  it('several ranges: one is enough', () => {
    const ranges = [
      { type: 'ECOSYSTEM', events: [{ introduced: '1' }, { fixed: '2' }] },
      { type: 'ECOSYSTEM', events: [{ introduced: '3' }, { fixed: '4' }] },
    ]
    expect(judge('RubyGems', { ranges }, ['1.5', '2.5', '3.5', '4'])).toEqual(['2', '', '4', ''])
  })

  it('nothing at or behind the limit, or behind the last of several; "*" is none', () => {
    const limited = (limits: readonly string[]) => range([{ introduced: '1' }, ...limits.map((limit) => ({ limit }))])
    expect(judge('Maven', limited(['2']), ['1.9', '2', '3'])).toEqual(['-', '', ''])
    expect(judge('Maven', limited(['2', '3']), ['1.9', '2', '3'])).toEqual(['-', '-', ''])
    expect(judge('Maven', limited(['*']), ['1.9', '2', '3'])).toEqual(['-', '-', '-'])
  })

  it('listed versions have it, in any ecosystem, beside what the ranges say', () => {
    const affected = { ...range([{ introduced: '0' }, { fixed: '1.0' }]), versions: ['0.5', '3.0', 'no-version'] }
    expect(judge('PyPI', affected, ['0.5', '1.0', '3.0', 'no-version'])).toEqual(['1.0', '', '-', '-'])
    expect(judge('Hex', { versions: ['1.0'] }, ['1.0', '1.1'])).toEqual(['-', ''])
    expect(judge('Debian:12', { versions: ['1.0'] }, ['1.0', '1.0-0'])).toEqual(['-', ''])
  })

  it('a range whose bounds are no versions has more rather than fewer', () => {
    const judged = (...events: Events) => judge('Debian:12', range(events), ['1.0', '3.0'])
    expect(judged({ introduced: '0' }, { fixed: 'not a version' })).toEqual(['-', '-'])
    expect(judged({ introduced: 'not a version' }, { fixed: '2.0' })).toEqual(['2.0', ''])
    expect(judged({ introduced: '2.0' }, { last_affected: ' ' })).toEqual(['', '-'])
    expect(judged({ introduced: '0' }, { limit: 'not a version' }, { limit: '2.0' })).toEqual(['-', '-'])
    const listed = { ...range([{ introduced: '0' }, { fixed: 'not a version' }]), versions: ['1.0'] }
    expect(judge('Debian:12', listed, ['1.0', '3.0'])).toEqual(['-', ''])
  })

  it('ranges of Git, and of ecosystems without an order, are none', () => {
    const git = { ranges: [{ type: 'GIT', repo: 'https://x', events: [{ introduced: '0' }] }], versions: ['1.0'] }
    expect(judge('npm', git, ['1.0', '1.1'])).toEqual(['-', ''])
    const noOrder = range([{ introduced: '0' }])
    expect(judge('Hex', noOrder, ['1.0'])).toEqual([''])
  })

  it('a package with something that is no version is unclear, unless all versions have it', () => {
    expect(judge('npm', range([{ introduced: '1.0.0' }], 'SEMVER'), ['latest', ''])).toEqual(['?', '?'])
    expect(judge('npm', range([{ introduced: '0' }], 'SEMVER'), ['latest'])).toEqual(['-'])
    expect(judge('npm', { versions: ['1.0.0'] }, ['latest'])).toEqual([''])
    const both = { ranges: [{ type: 'SEMVER', events: [{ introduced: '1.0.0' }] }], versions: ['latest'] }
    expect(judge('npm', both, ['latest', 'newest'])).toEqual(['-', '?'])
  })

  const ORDERS: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
    ['Alpine:v3.18', '3.1.0-r2', ['3.1.0-r1', '3.1.0_rc1-r9'], ['3.1.0-r2', '3.1.0-r10']],
    ['Red Hat:9', '1:3.0.7-16.el9_2', ['1:3.0.7-6.el9_2', '3.0.8-1.el9'], ['1:3.0.7-16.el9_2', '1:3.0.7-18.el9']],
    ['Maven', '2.15.0', ['2.14.1', '2.15.0-rc1'], ['2.15.0', '2.17']],
    ['RubyGems', '7.0.4.1', ['7.0.4', '7.0.4.a'], ['7.0.4.1', '7.1']],
    ['NuGet', '13.0.1', ['13.0.1-beta2', '9.0.1'], ['13.0.1', '13.0.1.1']],
    ['Packagist', '4.4.30', ['v4.4.29', '4.4.30-RC1'], ['v4.4.30', '5.0']],
    ['crates.io', '0.2.23', ['0.2.9', '0.2.23-alpha'], ['0.2.23', '0.3.0']],
  ]
  for (const [ecosystem, fixed, affected, free] of ORDERS)
    it(`in the order of ${ecosystem}`, () => {
      const said = range([{ introduced: '0' }, { fixed }])
      expect(judge(ecosystem, said, [...affected, ...free])).toEqual([
        ...affected.map(() => fixed),
        ...free.map(() => ''),
      ])
    })
})

describe('hostile records', () => {
  it('with very long lists cost no more than reading them', () => {
    const events = Array.from({ length: 1000 }, (_, i) => ({ introduced: `${i}${'.1'.repeat(300)}` }))
    const ranges = Array.from({ length: 10 }, () => ({ type: 'ECOSYSTEM', events }))
    const versions = Array.from({ length: 100_000 }, (_, i) => `0~${i}`)
    const start = performance.now()
    expect(judge('Debian:12', { ranges, versions }, ['0~99999', '0~100000'])).toEqual(['-', ''])
    expect(performance.now() - start).toBeLessThan(5000)
    const tooMany = range(Array.from({ length: 2001 }, () => ({ introduced: '0' })))
    expect(judge('Debian:12', tooMany, ['1'])).toEqual(['-'])
  }, 20_000)

  const wrong: Readonly<Record<string, string>> = {
    'no JSON': '{',
    'too deep': `{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":${'['.repeat(500_000)}`,
    'a list': '[]',
    'no time': '{"id":"X-1","modified":"yesterday"}',
    'a name with a path': '{"id":"../../x","modified":"2024-01-01T00:00:00Z"}',
    'a name without an end': JSON.stringify({ id: 'X'.repeat(100_000), modified: '2024-01-01T00:00:00Z' }),
    'no events': '{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":[{"ranges":[{"type":"SEMVER"}]}]}',
  }
  for (const [what, text] of Object.entries(wrong))
    it(`${what}: none`, () => expect(findOsvRecord(text)).toBeUndefined())

  it('what is beside the point is left out, whatever it is', () => {
    const text =
      '{"__proto__":{"polluted":1},"id":"X-1","modified":"2024-01-01T00:00:00Z","aliases":["CVE-2024-0001","<b>",7],"severity":"high","references":[{"type":"WEB","url":"javascript:alert(1)"},{"type":"WEB","url":"https://a.example/"}]}'
    const record = findOsvRecord(text)
    expect(record).toMatchObject({ id: 'X-1', aliases: ['CVE-2024-0001'] })
    expect(record?.severity).toBeUndefined()
    expect(record?.references?.flatMap(({ url }) => url ?? [])).toEqual(['https://a.example/'])
    expect(Object.hasOwn(record ?? {}, '__proto__')).toBe(false)
    expect('polluted' in {}).toBe(false)
  })
})
