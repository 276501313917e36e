import { describe, expect, it } from 'bun:test'
import { parseChallenge } from './challenge.ts'

const bearer = (changes: object) => ({ scheme: 'bearer', realm: 'https://a/t', service: '', scopes: [], ...changes })

describe('a challenge', () => {
  it.each([
    [
      'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
      { service: 's', scopes: ['repository:a/b:pull,push'] },
    ],
    ['bearer  realm = "https://a/t" , service=s', { service: 's' }],
    [
      'Bearer realm="https://a/t",scope="repository:h:5000/a:pull registry:catalog:*"',
      { scopes: ['repository:h:5000/a:pull', 'registry:catalog:*'] },
    ],
    ['Basic realm="x", Bearer realm="https://a/t"', {}],
    ['Bearer realm="https://a/t", Basic realm="x"', {}],
    ['Negotiate, NTLM abc==, Bearer realm="https://a/t"', {}],
    ['Bearer realm="https://a/\\t"', {}],
    ['Bearer realm="https://a/t",scope="bad scope:x repository:ä:pull"', {}],
    [
      `Bearer realm="https://a/t",scope="${'repository:a:pull '.repeat(20)}"`,
      { scopes: Array(8).fill('repository:a:pull') },
    ],
  ])('%s', (header, changes) => expect(parseChallenge(header)).toEqual(bearer(changes) as never))

  it.each(['Basic realm="x"', 'Basic', 'basic charset="UTF-8"', 'Bearer, Basic'])('%s: a password', (header) =>
    expect(parseChallenge(header)).toEqual({ scheme: 'basic' }),
  )

  it.each([undefined, '', 'Bearer', 'Bearer service="x"', 'Negotiate', '"', '=', 'realm="x"', ',,,'])(
    '%s: nothing',
    (header) => expect(parseChallenge(header)).toBeUndefined(),
  )

  it('is read in linear time', () => {
    const started = performance.now()
    for (const hostile of [
      'a '.repeat(32_768),
      'a="'.repeat(20_000),
      ' '.repeat(65_536),
      'Bearer realm="\\'.repeat(5000),
    ])
      parseChallenge(hostile)
    expect(performance.now() - started).toBeLessThan(100)
  })
})
