import { describe, expect, it } from 'bun:test'
import { Problem } from '../lib/problem.ts'
import { findStatement, parseVex } from './vex.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const ASKED = {
  ...{ vulnerability: 'CVE-2024-1', aliases: ['GHSA-aaaa-bbbb-cccc'], digest: DIGEST, repository: 'team/shop' },
  purl: 'pkg:deb/debian/openssl@3.0.0-1?arch=amd64&distro=debian-12',
}

function documentOf(...statements: readonly object[]): string {
  return JSON.stringify({
    ...{ '@context': 'https://openvex.dev/ns/v0.2.0', author: 'us', timestamp: '2026-01-01T00:00:00Z' },
    statements: statements.map((each) => ({ vulnerability: { name: 'CVE-2024-1' }, status: 'not_affected', ...each })),
  })
}

function statusOf(text: string, question: Partial<typeof ASKED> = {}): string | undefined {
  return findStatement(parseVex(text), { ...ASKED, ...question })?.status
}

describe('a statement is about a finding', () => {
  it.each([
    ['of the package, whatever its version', 'pkg:deb/debian/openssl', true],
    ['of this version of it', 'pkg:deb/debian/openssl@3.0.0-1', true],
    ['of another version', 'pkg:deb/debian/openssl@3.0.1-1', false],
    ['of another package', 'pkg:deb/debian/opensslx', false],
    ['of the image by its digest', DIGEST, true],
    ['of the image as OCI names it', `pkg:oci/shop@${DIGEST.replace(':', '%3A')}?repository_url=a.example/team`, true],
    ['of an image of that name', 'pkg:oci/shop?repository_url=a.example%2Fteam%2Fshop', true],
    ['of an image of another name', 'pkg:oci/someone-elses-nginx?tag=1', false],
    ['of another digest', `pkg:oci/shop@sha256%3A${'b'.repeat(64)}`, false],
  ])('%s', (_, id, expected) => {
    expect(statusOf(documentOf({ products: [{ '@id': id }] }))).toBe(expected ? 'not_affected' : undefined)
  })

  it('of a part of the image', () => {
    const part = (of: string, purl: string) =>
      statusOf(documentOf({ products: [{ '@id': of, subcomponents: [{ '@id': purl }] }] }))
    expect(part(`pkg:oci/shop@${DIGEST}`, 'pkg:deb/debian/openssl')).toBe('not_affected')
    expect(part(`pkg:oci/shop@${DIGEST}`, 'pkg:deb/debian/bash')).toBeUndefined()
    expect(part('pkg:oci/other', 'pkg:deb/debian/openssl')).toBeUndefined()
  })

  it('under any of its names, and no other', () => {
    const by = (name: string) =>
      statusOf(documentOf({ vulnerability: { name }, products: [{ '@id': 'pkg:deb/debian/openssl' }] }))
    expect(by('GHSA-aaaa-bbbb-cccc')).toBe('not_affected')
    expect(by('CVE-2024-10')).toBeUndefined()
  })

  it('about nothing in particular says nothing', () => {
    expect(statusOf(documentOf({}))).toBeUndefined()
  })
})

describe('the latest statement counts', () => {
  it('whatever the order', () => {
    const products = [{ '@id': 'pkg:deb/debian/openssl' }]
    const early = { products, timestamp: '2026-01-01T00:00:00Z', status: 'not_affected' }
    const late = { products, timestamp: '2026-02-01T00:00:00Z', status: 'affected' }
    expect(statusOf(documentOf(early, late))).toBe('affected')
    expect(statusOf(documentOf(late, early))).toBe('affected')
  })
})

describe('what is no OpenVEX document', () => {
  it.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['something else', '{"@context":"https://other.example"}'],
    ['a status that there is not', documentOf({ status: 'fine' })],
    ['brackets without an end', '{'.repeat(10_000)],
  ])('%s is refused', (_, text) => {
    expect(() => parseVex(text)).toThrow(Problem)
  })
})
