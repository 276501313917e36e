import { describe, expect, it } from 'bun:test'
import { findCvssRating } from './cvss.ts'
import { findSeverityWord } from './severity-words.ts'

describe('what a CVSS vector says', () => {
  // Scores of FIRST's calculators.
  const known = [
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'cvss-v3.1', 9.8, 'critical'],
    ['CVSS:3.0/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N', 'cvss-v3.0', 2.5, 'low'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 'cvss-v3.1', 0, 'negligible'],
    ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 'cvss-v4', 9.3, 'critical'],
    ['(AV:N/AC:L/Au:N/C:C/I:C/A:C)', 'cvss-v2', 10, 'high'],
    ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U', 'cvss-v3.1', 9.8, 'critical'],
  ] as const
  for (const [vector, source, score, severity] of known)
    it(vector, () => expect(findCvssRating(vector)).toMatchObject({ source, score, severity }))

  it('nothing, when it is none or not whole', () => {
    const wrong = ['', '9.8', 'CVSS:3.1/AV:N', 'CVSS:4.0/AV:N/AC:L', 'CVSS:9.9/AV:N', 'AV:N', '<script>']
    expect([...wrong, `CVSS:3.1/${'AV:N/'.repeat(10_000)}`].map(findCvssRating)).not.toContainEqual(expect.anything())
  })
})

it('knows the words of distributions', () => {
  const words = ['unimportant', 'Moderate', 'IMPORTANT', 'low**', 'not yet assigned', 'constructor', 'critical']
  expect(words.map(findSeverityWord)).toEqual([
    ...(['negligible', 'medium', 'high', 'low', undefined, undefined, 'critical'] as const),
  ])
})
