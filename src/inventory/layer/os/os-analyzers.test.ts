import { describe, expect, it } from 'bun:test'
import type { Analysis } from '../../analyzer.ts'
import { OS_ANALYZERS } from './os-analyzers.ts'

const LIMITS = { depth: 4, bytes: 2 ** 20, entries: 1000 }

async function analyze(path: string, text: string): Promise<Analysis | undefined> {
  const content = Buffer.from(text)
  const file = { path, sizeBytes: content.length, mode: 0o644, content }
  const analyzer = OS_ANALYZERS.find((each) => each.wants(file))
  expect(analyzer, path).toBeDefined()
  return analyzer?.analyze(file, LIMITS)
}

function wanted(path: string): boolean {
  return OS_ANALYZERS.some((each) => each.wants({ path, sizeBytes: 10, mode: 0o644 }))
}

describe('os-release', () => {
  it('quotes, comments, upper case', async () => {
    const text = `# a comment\nNAME='Rocky Linux'\nID="Rocky"\nID_LIKE="rhel centos  fedora"\nVERSION_ID="9.3"\nPRETTY_NAME="A \\"B\\" \\$C"\n`
    expect(await analyze('etc/os-release', text)).toEqual({
      os: { id: 'rocky', versionId: '9.3', prettyName: 'A "B" $C', idLike: ['rhel', 'centos', 'fedora'] },
    })
  })

  it('without a version (rolling), and without anything', async () => {
    expect(await analyze('usr/lib/os-release', 'ID=arch\n')).toEqual({ os: { id: 'arch', versionId: '' } })
    expect(await analyze('etc/os-release', 'nonsense')).toEqual({ reason: 'it does not say which system it is' })
  })

  it('is wanted in its two places only, and not read when it is large', async () => {
    expect(wanted('opt/etc/os-release')).toBe(false)
    expect(await analyze('etc/os-release', `ID=debian\n${'#'.repeat(70_000)}`)).toEqual({
      reason: 'it is too large to be what it is called',
    })
  })
})

describe('the branch of Alpine', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    [
      'https://dl-cdn.alpinelinux.org/alpine/v3.18/main\nhttps://dl-cdn.alpinelinux.org/alpine/v3.18/community\n',
      'v3.18',
    ],
    ['http://a/alpine/v3.9/main\nhttp://a/alpine/v3.10/main', 'v3.10'],
    ['http://a/alpine/v3.18/main\n@edge http://a/alpine/edge/testing/\n', 'edge'],
    ['# http://a/alpine/edge/main\n/media/cdrom/apks\n', undefined],
    ['http://a/alpine/latest-stable/main', undefined],
  ]
  for (const [text, branch] of cases) {
    it(JSON.stringify(text), async () => {
      const expected = branch === undefined ? undefined : { os: { apkBranch: branch } }
      expect(await analyze('etc/apk/repositories', text)).toEqual(expected)
    })
  }
})

describe('dpkg', () => {
  it('what is installed, with its source; not what was removed', async () => {
    const text = [
      'Package: bash\nStatus: install ok installed\nArchitecture: amd64\nSource: bash-src (5.2.15-2)\nVersion: 5.2.15-2+b13\nDescription: shell\n more: text\n .\nConffiles:\n /etc/x 123',
      'Package: gone\nStatus: deinstall ok config-files\nVersion: 1',
      'Package: never\nStatus: install ok not-installed\nVersion: 1',
      'Package: half\nStatus: install reinstreq half-installed\nVersion: 2:1.0-1',
      'Package: held\nStatus: hold ok installed\nSource: other\nVersion: 3',
    ].join('\n\n')
    expect(await analyze('var/lib/dpkg/status', text)).toEqual({
      packages: [
        {
          type: 'deb',
          name: 'bash',
          version: '5.2.15-2+b13',
          source: { name: 'bash-src', version: '5.2.15-2' },
          arch: 'amd64',
        },
        { type: 'deb', name: 'half', version: '2:1.0-1', source: { name: 'half', version: '2:1.0-1' } },
        { type: 'deb', name: 'held', version: '3', source: { name: 'other', version: '3' } },
      ],
    })
  })

  it('distroless: a file for each package, which names no status', async () => {
    const { packages } = (await analyze('var/lib/dpkg/status.d/tzdata', 'Package: tzdata\nVersion: 2024a\n')) ?? {}
    expect(packages?.map(({ name }) => name)).toEqual(['tzdata'])
    expect(wanted('var/lib/dpkg/status.d/tzdata.md5sums')).toBe(false)
    expect(wanted('var/lib/dpkg/status-old')).toBe(false)
  })

  it('an empty one has no packages, which is not the same as nothing; a broken one says so', async () => {
    expect(await analyze('var/lib/dpkg/status', '')).toEqual({ packages: [] })
    const broken = await analyze(
      'var/lib/dpkg/status',
      'Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: x\n',
    )
    expect(broken).toEqual({ packages: [], reason: '2 packages in it have no name, version or status' })
  })

  it('a megabyte in one line, and a million lines without sense, in no time', async () => {
    const started = performance.now()
    await analyze(
      'var/lib/dpkg/status',
      `Source: ${'('.repeat(2 ** 20)}\nPackage: a\nVersion: 1\nStatus: install ok installed`,
    )
    await analyze('var/lib/dpkg/status', 'x:\n'.repeat(2 ** 20))
    expect(performance.now() - started).toBeLessThan(3000)
  })
})

describe('apk', () => {
  it('name, version, origin, architecture, licence', async () => {
    const text =
      'C:Q1abc=\nP:libssl3\nV:3.1.0-r0\nA:x86_64\nL:Apache-2.0\no:openssl\nF:lib\nR:libssl.so\nZ:Q1=\n\nP:bare\nV:1\n'
    for (const path of ['lib/apk/db/installed', 'usr/lib/apk/db/installed']) {
      expect(await analyze(path, text)).toEqual({
        packages: [
          {
            ...{ type: 'apk', name: 'libssl3', version: '3.1.0-r0', arch: 'x86_64', licenses: ['Apache-2.0'] },
            source: { name: 'openssl', version: '3.1.0-r0' },
          },
          { type: 'apk', name: 'bare', version: '1', source: { name: 'bare', version: '1' } },
        ],
      })
    }
  })
})
