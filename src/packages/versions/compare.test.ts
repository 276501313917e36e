import { describe, expect, it } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compareVersions } from './compare.ts'
import { InvalidVersion } from './invalid-version.ts'

const VECTORS = new URL('../../../../shared/data/version-vectors', import.meta.url).pathname

/** A few of each, so that a clone without the vectors is not blind. Each line is in its order. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  'Debian:12': ['1.0~rc1', '1.0', '1.0-1', '1.0-1+b1', '1.0-1+deb12u1', '1.0-10', '1.0a', '1.0+x', '1:0.1'],
  'Ubuntu:22.04': ['5.15.0-9.1', '5.15.0-10.0', '5.15.0-10.0ubuntu1'],
  'Alpine:v3.18': ['1.2_alpha', '1.2_rc1-r3', '1.2', '1.2-r1', '1.2a', '1.2.3', '1.2.10', '1.2.10_p1'],
  'Red Hat:9': ['1.0~rc1-1', '1.0-1.el9', '1.0-1.el9_2', '1.0^git1-1', '1.0.1-1', '1:0.1-1'],
  npm: ['0.0.1-0', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0', '1.0.10', 'v1.1', '2'],
  Go: ['0.0.0-20200101000000-0123456789ab', '1.21.0-0', '1.21.0-rc.2', '1.21.0', 'v2.0.0+incompatible'],
  'crates.io': ['0.9.9', '0.10.0', '99999999999999999999.0.0', '100000000000000000000.0.0'],
  PyPI: ['1.0.dev1', '1.0a1', '1.0rc1', '1.0', '1.0+local', '1.0.post1', '1.1', '1!0.1'],
  Maven: ['1-alpha', '1-rc', '1-SNAPSHOT', '1', '1-sp', '1.1', '1.10'],
  RubyGems: ['1.0.a', '1.0', '1.0.1', '1.10'],
  NuGet: ['1.0.0-alpha', '1.0.0-BETA', '1.0.0', '1.0.0.1', '1.0.1'],
  Packagist: ['1.0-dev', '1.0alpha1', '1.0RC1', '1.0', '1.0pl1', '1.1'],
}

describe('the order of versions', () => {
  for (const [ecosystem, versions] of Object.entries(OWN))
    it(`of ${ecosystem}`, () => {
      const orders = versions.flatMap((a, i) =>
        versions.map((b, j) => [a, b, Math.sign(i - j), Math.sign(compareVersions(ecosystem, a, b))] as const),
      )
      expect(orders.filter(([, , expected, actual]) => expected !== actual)).toEqual([])
    })

  it('treats what differs only in writing as equal', () => {
    const equal = [
      ...[['Debian:12', '0:1.0', '1.0'] as const, ['Debian:12', '1.0-0', '1.0'] as const],
      ...[['npm', 'v1.2.0+build', '1.2'] as const, ['NuGet', '1.0.0-BETA', '1.0.0-beta'] as const],
      ...[['PyPI', '1.0.0', '1.0'] as const, ['Maven', '1.0.0', '1'] as const, ['RubyGems', '1.0', '1'] as const],
    ]
    expect(equal.map(([ecosystem, a, b]) => compareVersions(ecosystem, a, b))).toEqual(equal.map(() => 0))
  })

  it('refuses what is no version', () => {
    const wrong = [
      ...[['Debian:12', 'a b'] as const, ['Debian:12', ''] as const, ['Debian:12', 'x:1'] as const],
      ...[['Alpine:v3.18', '1.2_blah'] as const, ['npm', 'latest'] as const, ['Go', '(devel)'] as const],
      ...[['PyPI', '1.0-bulbasaur'] as const, ['RubyGems', '1 2'] as const, ['Hex', '1.0.0'] as const],
      ...[['Red Hat:9', '1\n2'] as const, ['Maven', ''] as const],
    ]
    for (const [ecosystem, version] of wrong)
      expect(() => compareVersions(ecosystem, version, '1'), `${ecosystem} ${version}`).toThrow(InvalidVersion)
  })
})

/** For each file the ecosystem whose order it is. */
const FILES: readonly (readonly [ecosystem: string, ...files: readonly string[]])[] = [
  ['Debian', 'debian-versions', 'debian-versions-generated'],
  ['Alpine', 'alpine-versions', 'alpine-versions-generated'],
  ['Red Hat', 'redhat-versions'],
  ['npm', 'semver-versions'],
  ['PyPI', 'pypi-versions', 'pypi-versions-generated'],
  ['Maven', 'maven-versions', 'maven-versions-generated'],
  ['RubyGems', 'rubygems-versions', 'rubygems-versions-generated'],
  ['NuGet', 'nuget-versions'],
  ['Packagist', 'packagist-versions', 'packagist-versions-generated'],
]
const LEAST = 0.999

describe.if(existsSync(VECTORS))('the vectors of shared/data/version-vectors', () => {
  for (const [ecosystem, ...files] of FILES)
    it(`${ecosystem}: at least 99.9 % of the valid lines`, () => {
      const { right, wrong, invalid } = score(ecosystem, files.flatMap(readLines))
      process.stdout.write(`${ecosystem}: ${right} right, ${wrong.length} wrong, ${invalid} not valid\n`)
      if (right / (right + wrong.length) < LEAST) expect(wrong).toEqual([])
      // Of a comparer that refuses everything it would be true as well.
      expect(right).toBeGreaterThan(9 * invalid)
    })
})

function readLines(file: string): string[] {
  const lines = readFileSync(join(VECTORS, `${file}.txt`), 'utf8').split('\n')
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !/^(?:#|\/\/)/.test(line))
}

function score(ecosystem: string, lines: readonly string[]) {
  const wrong: string[] = []
  let right = 0
  let invalid = 0
  for (const line of lines) {
    const [a = '', sign = '', b = ''] = line.split(/\s+/)
    const order = tryCompare(ecosystem, a, b)
    if (order === undefined) invalid++
    else if (order === ['<', '=', '>'].indexOf(sign) - 1) right++
    else wrong.push(line)
  }
  return { right, wrong, invalid }
}

function tryCompare(ecosystem: string, a: string, b: string): number | undefined {
  try {
    return Math.sign(compareVersions(ecosystem, a, b))
  } catch (error) {
    if (error instanceof InvalidVersion) return undefined
    throw error
  }
}

describe('hostile versions of 64 KiB', () => {
  const KIB_64 = 64 * 1024
  const repeat = (text: string) => text.repeat(KIB_64).slice(0, KIB_64 - 2)
  const pieces = ['1', '0', '9.', '1-', '1.a', '~', '^1', '-', 'a', '_p', '_p1', '1_', '+', ':', '1a', '.0', '0a.']
  const texts = pieces.flatMap((piece) => [
    repeat(piece),
    `1.0${repeat(piece).slice(4)}!`,
    `1.0${repeat(piece).slice(4)}1`,
  ])

  for (const ecosystem of Object.keys(OWN))
    it(`of ${ecosystem} are compared or refused in linear time`, () => {
      const slowest = texts.map((text) => {
        const start = performance.now()
        tryCompare(ecosystem, text, text)
        tryCompare(ecosystem, text, `${text}2`)
        return performance.now() - start
      })
      // Quadratic would be seconds.
      expect(Math.max(...slowest)).toBeLessThan(400)
    })

  it('of more are refused', () => {
    expect(() => compareVersions('Debian', '1'.repeat(KIB_64 + 1), '1')).toThrow(InvalidVersion)
  })
})
