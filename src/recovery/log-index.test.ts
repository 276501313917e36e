import { describe, expect, it } from 'bun:test'
import { createHash } from 'node:crypto'
import { LogIndex } from './log-index.ts'
import type { LogRecord } from './records.ts'
import { touchedBy } from './touched.ts'

const R = 'team/app'

function manifest(text: string): LogRecord & { type: 'manifest' } {
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
  return { type: 'manifest', repository: R, digest, mediaType: 'x/y', content: Buffer.from(text).toString('base64') }
}

const A = manifest('a')
const B = manifest('b')
const tag = (name: string, digest?: string): LogRecord => ({ type: 'tag', repository: R, tag: name, digest })

function indexOf(...records: readonly LogRecord[]) {
  const index = new LogIndex()
  for (const [place, record] of records.entries()) index.add(record, place)
  const found = index.repositories.get(R)
  return {
    manifests: Object.fromEntries(found?.manifests ?? []),
    tags: Object.fromEntries(found?.tags ?? []),
    problems: index.problems,
  }
}

describe('what a log comes to', () => {
  it('later lines win, and saying one again changes nothing', () => {
    const records = [A, tag('t', A.digest), B, tag('t', B.digest), tag('u', A.digest), tag('u')]
    const once = indexOf(...records)
    expect(once).toMatchObject({ manifests: { [A.digest]: 0, [B.digest]: 2 }, tags: { t: B.digest } })
    expect(indexOf(...records, ...records).tags).toEqual(once.tags)
  })

  it('a manifest without content is gone; a reset forgets the whole repository', () => {
    const { content: _, mediaType: __, ...gone } = A
    expect(indexOf(A, B, gone).manifests).toEqual({ [B.digest]: 1 })
    expect(indexOf(A, tag('t', A.digest), { type: 'reset', repository: R }, B)).toMatchObject({
      manifests: { [B.digest]: 3 },
      tags: {},
    })
  })

  it('which tags are on a manifest can be said at once', () => {
    const records = [tag('a', A.digest), tag('b', A.digest), tag('c', A.digest), tag('c', B.digest)]
    const only = (...tags: string[]): LogRecord => ({ type: 'tags-on', repository: R, digest: A.digest, tags })
    expect(indexOf(...records, only()).tags).toEqual({ c: B.digest })
    expect(indexOf(...records, only('b', 'd')).tags).toEqual({ b: A.digest, c: B.digest, d: A.digest })
  })

  it('a blob that came is held from there on, until the repository begins anew', () => {
    const index = new LogIndex()
    const held: LogRecord = { type: 'held', repository: R, digests: [B.digest] }
    for (const [place, record] of [held, A, held].entries()) index.add(record, place)
    expect(Object.fromEntries(index.repositories.get(R)?.held ?? [])).toEqual({ [B.digest]: 2 })
    index.add({ type: 'reset', repository: R }, 3)
    expect(index.repositories.get(R)?.held.size ?? 0).toBe(0)
  })

  it('content that is not what its digest says does not take the place of good one', () => {
    const damaged = { ...A, content: B.content }
    const found = indexOf(A, damaged as LogRecord)
    expect(found.manifests).toEqual({ [A.digest]: 0 })
    expect(found.problems).toHaveLength(1)
  })
})

describe('what a row of the audit touched', () => {
  const row = (action: string, detail: object, target = `repository:${R}`) => ({
    id: 1,
    action,
    target,
    detail: JSON.stringify(detail),
  })

  it.each([
    ['manifest.pushed', { digest: 'd', tags: [{ tag: 't' }] }, { manifests: ['d'], tags: ['t'] }],
    ['tag.moved', { digest: 'd', tags: [{ tag: 't', previous: 'e' }], reason: '' }, { manifests: ['d'], tags: ['t'] }],
    ['tag.deleted', { tag: 't', digest: 'd' }, { manifests: ['d'], tags: ['t'] }],
    [
      'manifest.deleted',
      { digests: ['d', 'e'], manifests: 2, tags: ['t'] },
      { manifests: ['d', 'e'], tags: ['t'], untagged: ['d', 'e'] },
    ],
    ['manifest.deleted', { digests: ['d'], manifests: 2, tags: [] }, { whole: true }],
    ['manifest.pushed', { digest: 'd', tags: [], cut: true }, { whole: true }],
    ['repository.restored', {}, { whole: true }],
    ['repository.deleted', {}, { reset: true }],
    ['blob.pushed', { digest: 'd', bytes: 3 }, {}],
    ['tag.expiry', { tag: 't' }, {}],
  ] as const)('%s %j', (action, detail, expected) => {
    const { manifests, tags, untagged, whole, reset } = touchedBy([row(action, detail)])
    const list = (map: ReadonlyMap<string, ReadonlySet<string>>) => [...(map.get(R) ?? [])]
    expect({
      manifests: list(manifests),
      tags: list(tags),
      untagged: list(untagged),
      whole: whole.has(R),
      reset: reset.has(R),
    }).toEqual({
      manifests: [],
      tags: [],
      untagged: [],
      whole: false,
      reset: false,
      ...(expected as object),
    })
  })

  it('blobs that came', () => {
    expect(touchedBy([row('blob.pushed', { digest: 'd', bytes: 3 })]).blobs).toEqual(new Map([[R, new Set(['d'])]]))
  })

  it.each([
    ['manifest.deleted', 2],
    ['repository.deleted', 2],
    ['blob.deleted', 2],
    ['garbage.collected', 2],
    ['deletion.purged', 2],
    ['manifest.pushed', undefined],
    ['tag.deleted', undefined],
  ])('%s: whether content went with it', (action, expected) => {
    const rows = ['manifest.pushed', action, 'tag.moved']
    expect(touchedBy(rows.map((each, at) => ({ ...row(each, { digest: 'd' }), id: at + 1 }))).removal).toBe(expected)
  })

  it('projects by their name', () => {
    expect([...touchedBy([row('project.changed', {}, 'project:team')]).projects]).toEqual(['team'])
  })
})
