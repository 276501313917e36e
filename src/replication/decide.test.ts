import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Problem } from '../lib/problem.ts'
import { subjectOfTag } from './companions.ts'
import { decide } from './decide.ts'
import { hasLabels, parseLabel } from './labels.ts'
import { isLooping, noteWritten } from './looping.ts'
import { parseNaming } from './naming.ts'
import { parseSchedule } from './schedule.ts'

const digest = fc.option(fc.constantFrom('sha256:a', 'sha256:b', 'sha256:c'), { nil: undefined })

describe('what becomes of a tag', () => {
  test('when neither side knew of the other, both come to the same end', () => {
    fc.assert(
      fc.property(digest, digest, (one, other) => {
        const about = { sourceChanged: true, targetKnown: false, policy: 'newest' } as const
        const here = decide({ source: one, target: other, ...about })
        const there = decide({ source: other, target: one, ...about })
        expect([here, there].sort()).toEqual(one === other ? ['same', 'same'] : ['lose', 'win'])
      }),
    )
  })

  test('a tag wins over none', () => {
    const about = { sourceChanged: true, targetKnown: false, policy: 'newest' } as const
    expect(decide({ source: undefined, target: 'sha256:a', ...about })).toBe('lose')
  })

  test.each([
    ['source', false, false, 'write'],
    ['newest', false, true, 'leave'],
    ['newest', true, true, 'write'],
    ['keep', true, true, 'write'],
    ['keep', true, false, 'keep'],
  ] as const)('%s, changed %p, known %p: %s', (policy, sourceChanged, targetKnown, expected) => {
    expect(decide({ source: 'sha256:a', target: 'sha256:b', sourceChanged, targetKnown, policy })).toBe(expected)
  })
})

describe('names', () => {
  const name = (stripPrefix: string, addPrefix: string, flatten = false) =>
    parseNaming({ stripPrefix, addPrefix, flatten })

  test.each([
    [name('', ''), 'team/app', 'team/app'],
    [name('team/', 'mirror/'), 'team/app', 'mirror/app'],
    [name('team/', 'mirror/'), 'other/app', 'mirror/other/app'],
    [name('', 'mirror/', true), 'a/b/app', 'mirror/app'],
    [name('', 'eu-'), 'app', 'eu-app'],
  ])('%#', (there, from, to) => expect(there(from)).toBe(to))

  test('what has the prefix inside already came round', () => {
    expect(() => name('', 'from-a/')('from-b/from-a/app')).toThrow('came round in a loop')
    expect(() => name('', 'from-a/')('from-a/app')).toThrow('came round in a loop')
  })

  test('what is no name is refused, with what would help', () => {
    expect(() => name('', 'Mirror/')).toThrow(Problem)
    expect(() => name('', 'Mirror/')).toThrow('lower-case letters')
    expect(() => name('', '/mirror')).toThrow('separated by')
    expect(() => name('team/app', '')('team/app')).toThrow('which is no name of a repository')
  })
})

test('the tags of signatures and of the fallback are about an image', () => {
  const hex = 'a'.repeat(64)
  expect(subjectOfTag(`sha256-${hex}.sig`)).toBe(`sha256:${hex}`)
  expect(subjectOfTag(`sha256-${hex}`)).toBe(`sha256:${hex}`)
  expect(subjectOfTag(`sha256-${hex}0`)).toBeUndefined()
  expect(subjectOfTag('latest')).toBeUndefined()
})

test('labels have a key, and perhaps a value', () => {
  expect(hasLabels([parseLabel('a'), parseLabel('b=1=2')], { a: '', b: '1=2' })).toBe(true)
  expect(hasLabels([parseLabel('b=1')], { b: '2' })).toBe(false)
  expect(hasLabels([parseLabel('toString')], {})).toBe(false)
  expect(() => parseLabel('=x')).toThrow(Problem)
})

test('the same three times within ten minutes is a loop', () => {
  const at = (minute: number) => new Date(minute * 60_000)
  let recent: ReturnType<typeof noteWritten> = []
  for (const minute of [1, 2, 3]) {
    expect(isLooping({ recent }, 'x', at(minute))).toBe(false)
    recent = noteWritten({ recent }, 'x', at(minute))
  }
  expect(isLooping({ recent }, 'x', at(4))).toBe(true)
  expect(isLooping({ recent }, 'y', at(4))).toBe(false)
  expect(isLooping({ recent }, 'x', at(13))).toBe(false)
})

test('schedules are cron with five fields, in UTC', async () => {
  const next = (await parseSchedule('30 3 * * *'))(new Date('2030-01-01T03:31:00Z'))
  expect(next?.toISOString()).toBe('2030-01-02T03:30:00.000Z')
  for (const text of ['', '* * * *', '0 0 3 * * *', '99 * * * *', 'tomorrow'])
    expect(parseSchedule(text)).rejects.toThrow('is no schedule')
})
